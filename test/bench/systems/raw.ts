import { connect, createServer, type Socket } from 'node:net';
import { Packr } from 'msgpackr';
import type { Message } from '../message.ts';
import { type BenchClient, type BenchServer, type BenchSystem, pooled, type ServerAddress } from '../system.ts';

/**
 * What a good programmer writes by hand for this one purpose: the frames of the library (varint seq, type, length,
 * payload) and as little as possible around them. No handshake, no errors, no limits, no deadlines.
 */
function rawSystem(makeFormat: () => Format, makePending: () => Pending): BenchSystem {
  return {
    startServer: (delayMs) => startServer(makeFormat, delayMs),
    startClient: pooled((address) => startClient(address, makeFormat(), makePending())),
  };
}

const TYPE = 0;
/** A varint seq of up to 5 bytes, the type, a length of up to 3 bytes. */
const MAX_HEADER_BYTES = 9;
/** `REUSE_BUFFER_MODE | RESET_BUFFER_MODE` of msgpackr: no Buffer object is made for each payload. */
const PACK_IN_PLACE = 512 | 1024;

/** Some memory with a payload in it. */
type Packed = Buffer & { start: number; end: number };

/** How payloads are written and read. */
interface Format {
  /** The payload, in memory that the next call uses again. */
  pack(message: unknown): Packed;
  unpack(bytes: Buffer, start: number, end: number): unknown;
}

class MessagePack implements Format {
  readonly #packr = new Packr({ useRecords: false, variableMapSize: true });
  readonly #place = { start: 0, end: 0 };

  pack(message: unknown): Packed {
    // The types know nothing of the mode: what it returns is msgpackr's own memory, with the payload's place in it.
    return this.#packr.pack(message, PACK_IN_PLACE) as Packed;
  }

  unpack(bytes: Buffer, start: number, end: number): unknown {
    this.#place.start = start;
    this.#place.end = end;
    return this.#packr.unpack(bytes, this.#place);
  }
}

class Json implements Format {
  #scratch: Packed = Object.assign(Buffer.allocUnsafeSlow(4096), { start: 0, end: 0 });

  pack(message: unknown): Packed {
    const text = JSON.stringify(message);
    // Of a UTF-16 code unit come 3 bytes at most.
    if (3 * text.length > this.#scratch.length) {
      this.#scratch = Object.assign(Buffer.allocUnsafeSlow(6 * text.length), { start: 0, end: 0 });
    }
    this.#scratch.end = this.#scratch.write(text, 0, 'utf8');
    return this.#scratch;
  }

  unpack(bytes: Buffer, start: number, end: number): unknown {
    return JSON.parse(bytes.toString('utf8', start, end));
  }
}

/** Messages are written one behind the other, and leave in one write. */
class Batch {
  readonly #format: Format;
  #buffer = Buffer.allocUnsafeSlow(64 * 1024);
  #position = 0;

  constructor(format: Format) {
    this.#format = format;
  }

  get isEmpty(): boolean {
    return this.#position === 0;
  }

  append(seq: number, message: unknown): void {
    const packed = this.#format.pack(message);
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
  readonly #format: Format;
  readonly #receive: (seq: number, message: unknown) => void;
  #rest: Buffer | undefined;
  #position = 0;

  constructor(format: Format, receive: (seq: number, message: unknown) => void) {
    this.#format = format;
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
      this.#receive(seq, this.#format.unpack(bytes, start, start + length));
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

/** More than are ever under way. */
const SLOTS = 1 << 18;

/**
 * Sequence numbers are consecutive, so that a slot for each of those under way will do. A Map that entries keep passing
 * through costs the garbage collector far more: it replaces its table again and again, each old table points to the next
 * one, and so what has passed through survives until the old generation is collected.
 */
class Ring implements Pending {
  readonly #slots = new Array<Resolve | undefined>(SLOTS).fill(undefined);

  get(seq: number): Resolve | undefined {
    return this.#slots[seq % SLOTS];
  }

  set(seq: number, resolve: Resolve): void {
    this.#slots[seq % SLOTS] = resolve;
  }

  delete(seq: number): void {
    this.#slots[seq % SLOTS] = undefined;
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

async function startServer(makeFormat: () => Format, delayMs: number): Promise<BenchServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    const batch = new Batch(makeFormat());
    socket.on(
      'data',
      delayMs === 0 ? echoed(socket, batch, makeFormat()) : delayed(socket, batch, makeFormat(), delayMs),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  return {
    address: { port: typeof address === 'object' && address !== null ? address.port : 0 },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function echoed(socket: Socket, batch: Batch, format: Format): (chunk: Buffer) => void {
  const frames = new Frames(format, (seq, message) => batch.append(seq, message));
  return (chunk) => {
    frames.push(chunk);
    batch.flush(socket);
  };
}

/** One timer for all that has arrived together. */
function delayed(socket: Socket, batch: Batch, format: Format, delayMs: number): (chunk: Buffer) => void {
  let arrived: (readonly [seq: number, message: unknown])[] = [];
  const frames = new Frames(format, (seq, message) => arrived.push([seq, message]));
  return (chunk) => {
    frames.push(chunk);
    const due = arrived;
    arrived = [];
    setTimeout(() => {
      for (const [seq, message] of due) batch.append(seq, message);
      batch.flush(socket);
    }, delayMs);
  };
}

async function startClient({ port }: ServerAddress, format: Format, pending: Pending): Promise<BenchClient> {
  const batch = new Batch(format);
  const frames = new Frames(format, (seq, message) => {
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

/** With MessagePack, and a Map. */
export const raw = rawSystem(
  () => new MessagePack(),
  () => new Map(),
);

/** With a ring of slots in place of the Map. */
export const rawRing = rawSystem(
  () => new MessagePack(),
  () => new Ring(),
);

/** With JSON. */
export const rawJson = rawSystem(
  () => new Json(),
  () => new Map(),
);
