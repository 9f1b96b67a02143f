import { onTestFinished } from 'vitest';
import type {
  ByteStream,
  ByteStreamConsumer,
  Listener,
  ListenOptions,
  Transport,
} from '../../../../src/wire/transport/transport.ts';

/** A stream with everything that it has told. */
export class Recorder implements ByteStreamConsumer {
  readonly stream: ByteStream;
  readonly #pieces: Buffer[] = [];
  drains = 0;
  readonly closes: (Error | undefined)[] = [];
  /** Called with each piece that arrives, in place of keeping it. */
  onData: ((bytes: Buffer) => void) | undefined;

  constructor(stream: ByteStream) {
    this.stream = stream;
  }

  open(): this {
    this.stream.open(this);
    return this;
  }

  data(bytes: Buffer): void {
    // The memory is the stream's again once this returns.
    if (this.onData === undefined) this.#pieces.push(Buffer.from(bytes));
    else this.onData(bytes);
  }

  drained(): void {
    this.drains++;
  }

  closed(error: Error | undefined): void {
    this.closes.push(error);
  }

  get received(): Buffer {
    if (this.#pieces.length !== 1) this.#pieces.splice(0, this.#pieces.length, Buffer.concat(this.#pieces));
    return this.#pieces[0] as Buffer;
  }

  set received(bytes: Buffer) {
    this.#pieces.splice(0, this.#pieces.length, bytes);
  }

  /** Number of bytes that have arrived. */
  get receivedBytes(): number {
    return this.#pieces.reduce((sum, { length }) => sum + length, 0);
  }

  get text(): string {
    return this.received.toString();
  }

  /** Writes all of `bytes`, as the contract wants it: the next write only after `drained`. */
  async writeAll(bytes: Buffer, pieceBytes = bytes.length): Promise<void> {
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      const drains = this.drains;
      if (!this.stream.write(bytes.subarray(start, start + pieceBytes))) {
        await until(() => this.drains > drains, 'drained');
      }
    }
  }
}

/** A listener, the streams that it has accepted and the errors that it has told. */
export interface Accepting {
  readonly listener: Listener;
  readonly accepted: Recorder[];
  readonly errors: Error[];
  /** The next stream that is accepted, open. */
  next(): Promise<Recorder>;
}

/** Listens on a free port until the test is over. Streams are opened as they come unless `open` is false. */
export async function accepting(
  transport: Transport,
  { open = true, ...options }: Partial<ListenOptions> & { open?: boolean } = {},
): Promise<Accepting> {
  const accepted: Recorder[] = [];
  const errors: Error[] = [];
  let taken = 0;
  const listener = await transport.listen(
    { host: '127.0.0.1', port: 0, handshakeTimeoutMs: 5000, maxConnections: 100, ...options },
    {
      connection: (stream) => {
        const recorder = new Recorder(stream);
        accepted.push(recorder);
        if (open) recorder.open();
      },
      acceptError: (error) => errors.push(error),
    },
  );
  onTestFinished(async () => {
    for (const { stream } of accepted) stream.destroy();
    await listener.close();
  });
  const next = async () => {
    await until(() => accepted.length > taken, 'a connection');
    return accepted[taken++] as Recorder;
  };
  return { listener, accepted, errors, next };
}

/** Connects; the stream is destroyed when the test is over. */
export async function connecting(transport: Transport, address: string): Promise<Recorder> {
  const stream = await transport.connect(address, new AbortController().signal);
  onTestFinished(() => stream.destroy());
  return new Recorder(stream);
}

/** Both ends of a connection, open. */
export async function connected(transport: Transport): Promise<{ client: Recorder; server: Recorder }> {
  const { listener, next } = await accepting(transport);
  const client = (await connecting(transport, listener.address)).open();
  return { client, server: await next() };
}

/** Waits until something is so: looks after each turn at first, then leaves others the processor. */
export async function until(condition: () => boolean, what: string, waitMs = 30_000): Promise<void> {
  const end = performance.now() + waitMs;
  for (let looks = 0; !condition(); looks++) {
    if (performance.now() > end) throw new Error(`waited ${waitMs} ms in vain for: ${what}`);
    await new Promise((resolve) => (looks < 100 ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The error that `promise` rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  return promise.then(
    () => {
      throw new Error('it was expected to reject');
    },
    (error: Error) => error,
  );
}

/** Bytes in which a lost, doubled or moved piece shows. */
export function pattern(bytes: number): Buffer {
  const made = Buffer.allocUnsafe(bytes);
  for (let at = 0; at < bytes; at++) made[at] = (at * 31 + (at >>> 8) * 7 + (at >>> 16)) & 0xff;
  return made;
}
