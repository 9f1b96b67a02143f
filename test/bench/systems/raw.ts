import { connect, createServer, type Socket } from 'node:net';
import { Packr } from 'msgpackr';
import type { Message } from '../message.ts';
import type { BenchClient, BenchServer, BenchSystem } from '../system.ts';

/**
 * What a good programmer writes by hand for this one purpose: the frames of the library (varint seq, type, length,
 * MessagePack payload) and as little as possible around them. No handshake, no errors, no limits, no deadlines.
 */
export const raw: BenchSystem = { startServer, startClient: (port) => startClient(port, new Map()) };

/** The same with a ring of slots in place of the Map. */
export const rawRing: BenchSystem = { startServer, startClient: (port) => startClient(port, new Ring()) };

const TYPE = 0;
/** A varint seq of up to 5 bytes, the type, a length of up to 3 bytes. */
const MAX_HEADER_BYTES = 9;
/** `REUSE_BUFFER_MODE | RESET_BUFFER_MODE` of msgpackr: no Buffer object is made for each payload. */
const PACK_IN_PLACE = 512 | 1024;

/** Messages are written one behind the other, and leave in one write. */
class Batch {
  readonly #packr = new Packr({ useRecords: false, variableMapSize: true });
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #position = 0;

  get isEmpty(): boolean {
    return this.#position === 0;
  }

  append(seq: number, message: unknown): void {
    // The types know nothing of the mode: what it returns is msgpackr's own memory, with the payload's place in it.
    const packed = this.#packr.pack(message, PACK_IN_PLACE) as Buffer & { start: number; end: number };
    const length = packed.end - packed.start;
    if (this.#position + MAX_HEADER_BYTES + length > this.#buffer.length) this.#grow(length);
    const buffer = this.#buffer;
    let position = writeVarint(buffer, this.#position, seq);
    buffer[position++] = TYPE;
    position = writeVarint(buffer, position, length);
    packed.copy(buffer, position, packed.start, packed.end);
    this.#position = position + length;
  }

  flush(socket: Socket): void {
    if (this.#position === 0) return;
    socket.write(this.#buffer.subarray(0, this.#position));
    // What the kernel did not take at once waits in this memory: the next batch needs another.
    if (socket.writableLength > 0) this.#buffer = Buffer.allocUnsafeSlow(64 * 1024);
    this.#position = 0;
  }

  #grow(length: number): void {
    const grown = Buffer.allocUnsafeSlow(2 * this.#buffer.length + MAX_HEADER_BYTES + length);
    this.#buffer.copy(grown, 0, 0, this.#position);
    this.#buffer = grown;
  }
}

/** Cuts what arrives into messages. */
class Frames {
  readonly #packr = new Packr({ useRecords: false });
  readonly #place = { start: 0, end: 0 };
  readonly #receive: (seq: number, message: unknown) => void;
  #rest: Buffer | undefined;
  #position = 0;

  constructor(receive: (seq: number, message: unknown) => void) {
    this.#receive = receive;
  }

  push(chunk: Buffer): void {
    const bytes = this.#rest === undefined ? chunk : Buffer.concat([this.#rest, chunk]);
    let done = 0;
    this.#position = 0;
    for (;;) {
      const seq = this.#readVarint(bytes);
      if (seq < 0 || this.#position === bytes.length) break;
      this.#position++;
      const length = this.#readVarint(bytes);
      const start = this.#position;
      if (length < 0 || start + length > bytes.length) break;
      this.#place.start = start;
      this.#place.end = start + length;
      this.#receive(seq, this.#packr.unpack(bytes, this.#place));
      this.#position = done = start + length;
    }
    this.#rest = done === bytes.length ? undefined : bytes.subarray(done);
  }

  #readVarint(bytes: Buffer): number {
    let value = 0;
    for (let shift = 0; this.#position < bytes.length; shift += 7) {
      const byte = bytes[this.#position++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return -1;
  }
}

type Resolve = (message: Message) => void;

/** The requests that wait for their answers, by sequence number: what a Map is for. */
interface Pending {
  get(seq: number): Resolve | undefined;
  set(seq: number, resolve: Resolve): unknown;
  delete(seq: number): unknown;
}

/**
 * Sequence numbers are consecutive, so that a slot for each of those under way will do. A Map that entries keep passing
 * through costs the garbage collector far more: it replaces its table again and again, each old table points to the next
 * one, and so what has passed through survives until the old generation is collected.
 */
class Ring implements Pending {
  readonly #slots = new Array<Resolve | undefined>(1 << 16).fill(undefined);

  get(seq: number): Resolve | undefined {
    return this.#slots[seq & 0xffff];
  }

  set(seq: number, resolve: Resolve): void {
    this.#slots[seq & 0xffff] = resolve;
  }

  delete(seq: number): void {
    this.#slots[seq & 0xffff] = undefined;
  }
}

function writeVarint(buffer: Buffer, position: number, value: number): number {
  while (value >= 0x80) {
    buffer[position++] = (value & 0x7f) | 0x80;
    value >>>= 7;
  }
  buffer[position++] = value;
  return position;
}

async function startServer(): Promise<BenchServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const batch = new Batch();
    const frames = new Frames((seq, message) => batch.append(seq, message));
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    socket.on('data', (chunk) => {
      frames.push(chunk);
      batch.flush(socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

async function startClient(port: number, pending: Pending): Promise<BenchClient> {
  const batch = new Batch();
  const frames = new Frames((seq, message) => {
    const resolve = pending.get(seq);
    pending.delete(seq);
    resolve?.(message as Message);
  });
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject).once('connect', resolve);
  });
  socket.on('data', (chunk) => frames.push(chunk));
  const flush = () => batch.flush(socket);
  let seq = 0;
  return {
    echo(message) {
      return new Promise((resolve) => {
        // The first of a turn has all of the turn leave, once every continuation of it has run.
        if (batch.isEmpty) process.nextTick(flush);
        batch.append(++seq, message);
        pending.set(seq, resolve);
      });
    },
    close: () => new Promise((resolve) => socket.on('close', () => resolve()).destroy()),
  };
}
