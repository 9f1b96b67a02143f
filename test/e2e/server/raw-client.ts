import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteReader } from '../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import type { Codec, MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { msgpack } from '../../../src/protocol/codec/msgpack/msgpack.ts';
import { RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import {
  ControlFrame,
  isControlNext,
  readControlFrame,
  writeControlFrame,
} from '../../../src/wire/extension/control-frame.ts';
import { type Head, writeHeadFrame } from '../../../src/wire/extension/head.ts';
import { readWelcome, type Welcome } from '../../../src/wire/extension/introduction.ts';

/** A Result, or a Pong (`seq` 0), as it came over the wire. */
export interface RawResult {
  readonly seq: number;
  readonly type: number;
  readonly value: unknown;
}

/** A frame of the wire extension, as it came. */
export interface RawControl {
  readonly seq: number;
  /** Its name among the reserved types. */
  readonly name: string;
  readonly body: Buffer;
}

const NAMES = new Map<number, string>(Object.entries(RESERVED_TYPES).map(([name, type]) => [type, name]));

const types: string[] = [];
const codec = msgpack();
const commands = codec.bind({ kind: 'command', types, maxPayloadBytes: 2 ** 30 });
const results = codec.bind({ kind: 'result', types, maxPayloadBytes: 2 ** 30 });

/** A client that knows nothing but the bytes: what a Go client, or an attacker, is to the server. */
export class RawClient {
  readonly socket: Socket;
  /** What the server introduced itself with. */
  serverInfo: string | undefined;
  readonly received: RawResult[] = [];
  readonly controls: RawControl[] = [];
  /** Resolves once the socket is closed. */
  readonly closed: Promise<void>;

  readonly #results: MessageCodec;
  #bytes: Buffer = Buffer.alloc(0);
  #watchers: (() => void)[] = [];

  static async open(port: number, options: { allowHalfOpen?: boolean; codec?: Codec } = {}): Promise<RawClient> {
    const { codec: own, ...socketOptions } = options;
    const client = new RawClient(connect({ port, host: '127.0.0.1', ...socketOptions }), own);
    await client.until(() => client.serverInfo !== undefined);
    return client;
  }

  constructor(socket: Socket, own?: Codec) {
    this.socket = socket;
    this.#results = own?.bind({ kind: 'result', types, maxPayloadBytes: 2 ** 30 }) ?? results;
    socket.on('error', () => {});
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        resolve();
        this.#tell();
      });
    });
    socket.on('data', (bytes) => this.#read(bytes));
  }

  /** The bytes of a Command. */
  static command(seq: number, type: number, payload: unknown): Buffer {
    const writer = new ByteWriter();
    writer.writeVarint(seq);
    commands.encode(type, payload, writer);
    return writer.buffer.subarray(0, writer.position);
  }

  send(seq: number, type: number, payload: unknown): void {
    this.socket.write(RawClient.command(seq, type, payload));
  }

  ping(): void {
    this.socket.write(Buffer.of(0));
  }

  /** Sends a frame of the wire extension. */
  control(seq: number, name: keyof typeof RESERVED_TYPES, body: Uint8Array = Buffer.alloc(0)): void {
    const writer = new ByteWriter();
    writeControlFrame(writer, seq, RESERVED_TYPES[name], body);
    this.socket.write(Buffer.from(writer.buffer.subarray(0, writer.position)));
  }

  /** Says hello, and waits for the answer. */
  async greet(hello: object = {}): Promise<Welcome> {
    this.control(1, 'hello', Buffer.from(JSON.stringify(hello)));
    await this.until(() => this.controls.some(({ name }) => name === 'welcome'));
    return readWelcome(this.controls.find(({ name }) => name === 'welcome')?.body as Buffer);
  }

  /** Sends what goes before a Command. */
  head(seq: number, { leftMs, metadata = {} }: Partial<Head>): void {
    const writer = new ByteWriter();
    writeHeadFrame(writer, seq, { leftMs, metadata });
    this.socket.write(Buffer.from(writer.buffer.subarray(0, writer.position)));
  }

  /** Names and numbers of the frames of the extension that have come, but for the WELCOME: `ended 2`. */
  get told(): string[] {
    return this.controls.filter(({ name }) => name !== 'welcome').map(({ name, seq }) => `${name} ${seq}`);
  }

  /** Waits until the server has read all that was sent before, and has answered what it answers at once. */
  async settled(): Promise<void> {
    const pongs = () => this.received.filter(({ seq }) => seq === 0).length;
    const before = pongs();
    this.ping();
    await this.until(() => pongs() > before);
  }

  /** The values that answered a Command. */
  valuesOf(seq: number): unknown[] {
    return this.received.filter((result) => result.seq === seq).map(({ value }) => value);
  }

  /** Sends a Command and waits for its first Result. */
  async ask(seq: number, type: number, payload: unknown): Promise<RawResult> {
    this.send(seq, type, payload);
    return this.first(seq);
  }

  /** Waits for the first Result of a Command. */
  async first(seq: number): Promise<RawResult> {
    await this.until(() => this.received.some((result) => result.seq === seq));
    return this.received.find((result) => result.seq === seq) as RawResult;
  }

  /** Waits for `count` Results and Pongs in all. */
  async count(count: number): Promise<void> {
    await this.until(() => this.received.length >= count);
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.socket.closed) throw new Error('the connection is closed');
      await new Promise<void>((resolve) => this.#watchers.push(resolve));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.socket.destroy();
    if (!this.socket.closed) await once(this.socket, 'close');
  }

  #tell(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }

  #read(bytes: Buffer): void {
    const reader = new ByteReader();
    reader.buffer = Buffer.concat([this.#bytes, bytes]);
    reader.end = reader.buffer.length;
    let start = 0;
    while (this.#readOne(reader)) start = reader.position;
    this.#bytes = reader.buffer.subarray(start);
    this.#tell();
  }

  #readOne(reader: ByteReader): boolean {
    if (this.serverInfo === undefined) {
      const length = reader.readVarint();
      if (length < 0 || reader.available < length) return false;
      this.serverInfo = reader.buffer.toString('utf8', reader.position, reader.position + length);
      reader.position += length;
      return true;
    }
    const seq = reader.readVarint();
    if (seq < 0) return false;
    if (seq > 0 && isControlNext(reader)) {
      const frame = new ControlFrame();
      if (!readControlFrame(reader, seq, frame)) return false;
      this.controls.push({ seq, name: NAMES.get(frame.type) ?? '', body: Buffer.from(frame.body) });
      return true;
    }
    const message = { type: -1, value: undefined };
    if (seq > 0 && !this.#results.decode(reader, message)) return false;
    this.received.push({ seq, ...message });
    return true;
  }
}

/** Waits until something holds that no event tells; fails after two seconds. */
export async function eventually(condition: () => boolean): Promise<void> {
  const end = Date.now() + 2_000;
  while (!condition()) {
    if (Date.now() > end) throw new Error(`it did not come true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** A promise and what settles it. */
export function gate<T = void>(): { promise: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => {};
  const promise = new Promise<T>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
