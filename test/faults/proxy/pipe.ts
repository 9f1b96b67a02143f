import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Toxics } from './toxics.ts';

/** From this many waiting bytes on nothing more is read: what waits is to be felt by who sends. */
const MAX_WAITING_BYTES = 256 * 1024;

interface Waiting {
  /** `undefined`: the end. */
  readonly bytes: Buffer | undefined;
  readonly arrivedMs: number;
}

/** What a {@link Pipe} asks and tells the proxy. */
export interface PipeSurroundings {
  /** What is done to the bytes now. */
  readonly toxics: () => Toxics;
  /** Resolves when the toxics change. */
  readonly change: () => Promise<void>;
  /** Bytes have gone through. */
  readonly passed: (bytes: number) => void;
  /** Ends both directions of the connection at once. */
  readonly cut: () => void;
}

/** One direction of a connection through the proxy. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #around: PipeSurroundings;
  readonly #over = new AbortController();
  readonly #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #passedBytes = 0;
  #wake: () => void = () => {};

  constructor(from: Socket, to: Socket, around: PipeSurroundings) {
    this.#from = from;
    this.#to = to;
    this.#around = around;
    from.on('data', (bytes: Buffer) => this.#arrived(bytes));
    from.on('end', () => this.#arrived(undefined));
    this.#run().catch(() => around.cut());
    this.#resetLater().catch(() => {});
  }

  /** The connection is cut: nothing more goes through. */
  stop(): void {
    this.#over.abort();
    this.#wake();
  }

  #arrived(bytes: Buffer | undefined): void {
    this.#waiting.push({ bytes, arrivedMs: performance.now() });
    this.#waitingBytes += bytes?.length ?? 0;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#from.pause();
    this.#wake();
  }

  /** Passes on what arrives, in its order, until the end. Rejects when it is stopped. */
  async #run(): Promise<void> {
    const { toxics } = this.#around;
    for (;;) {
      const { bytes, arrivedMs } = await this.#next();
      const { latency, slowClose } = toxics();
      if (latency !== undefined) {
        const lateMs = latency.ms + (2 * Math.random() - 1) * latency.jitterMs;
        await this.#sleep(arrivedMs + lateMs - performance.now());
      }
      if (bytes === undefined) {
        await this.#sleep(slowClose?.ms ?? 0);
        this.#to.end();
        return;
      }
      for (let start = 0; start < bytes.length; ) {
        await this.#partition();
        const pieceBytes = this.#pieceBytes();
        await this.#pass(bytes.subarray(start, start + pieceBytes));
        start += pieceBytes;
      }
    }
  }

  async #next(): Promise<Waiting> {
    while (this.#waiting.length === 0) {
      this.#over.signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const next = this.#waiting.shift() as Waiting;
    this.#waitingBytes -= next.bytes?.length ?? 0;
    if (this.#waitingBytes < MAX_WAITING_BYTES) this.#from.resume();
    return next;
  }

  async #pass(bytes: Buffer): Promise<void> {
    const { slicer, bandwidth, limitData } = this.#around.toxics();
    if (slicer !== undefined) await this.#sleep(slicer.pauseMs);
    if (bandwidth !== undefined) await this.#sleep((1_000 * bytes.length) / bandwidth.bytesPerSecond);
    this.#over.signal.throwIfAborted();
    const room = limitData === undefined ? bytes.length : Math.max(0, limitData.bytes - this.#passedBytes);
    const piece = bytes.subarray(0, room);
    this.#passedBytes += piece.length;
    this.#around.passed(piece.length);
    const taken = this.#to.write(piece);
    if (room < bytes.length) {
      // Bytes before it arrive; so does the end.
      this.#to.end();
      this.#around.cut();
    } else if (!taken) {
      await once(this.#to, 'drain', { signal: this.#over.signal });
    }
  }

  /** How much goes on at a time: small pieces where the toxics are to be felt. */
  #pieceBytes(): number {
    const { slicer, bandwidth } = this.#around.toxics();
    if (slicer !== undefined) return 1 + Math.floor(2 * Math.random() * slicer.bytes);
    return bandwidth === undefined ? MAX_WAITING_BYTES : Math.ceil(bandwidth.bytesPerSecond / 100);
  }

  async #partition(): Promise<void> {
    while (this.#around.toxics().timeout !== undefined) await this.#changeOrEnd();
  }

  async #resetLater(): Promise<void> {
    for (;;) {
      const { reset } = this.#around.toxics();
      if (reset === undefined) {
        await this.#changeOrEnd();
        continue;
      }
      await this.#sleep(reset.afterMs);
      if (this.#around.toxics().reset === undefined) continue;
      this.#to.resetAndDestroy();
      this.#around.cut();
      return;
    }
  }

  async #changeOrEnd(): Promise<void> {
    const { signal } = this.#over;
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
      void this.#around.change().then(resolve);
    });
    signal.throwIfAborted();
  }

  /** Rejects when the connection is cut meanwhile. */
  async #sleep(ms: number): Promise<void> {
    if (ms > 0) await delay(ms, undefined, { signal: this.#over.signal });
  }
}
