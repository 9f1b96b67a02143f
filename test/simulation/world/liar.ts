import { ByteReader, NEED_MORE } from '../../../src/base/bytes/byte-reader.ts';
import type { EventLog, SeededRandom, SimulatedNetwork } from '../../../src/testing.ts';
import type { ByteStream, ByteStreamConsumer } from '../../../src/transport.ts';
import type { LiarPlan } from '../schedule.ts';
import { COMMANDS, type PayloadBytes, SERVER_INFO, tell, truth } from './lies.ts';
import type { Work } from './protocol.ts';

/** What a liar needs of its world. */
export interface LiarContext {
  readonly plan: LiarPlan;
  readonly host: string;
  readonly payload: PayloadBytes;
  readonly random: SeededRandom;
  readonly log: EventLog;
}

/**
 * A server that speaks the protocol's bytes, by itself, and does not always say the truth. It logs `execute` and
 * `handled` as honest ones do, and `lie`.
 */
export class Liar {
  readonly #context: LiarContext;
  readonly #connections = new Set<LyingConnection>();
  #stopListening: (() => Promise<void>) | undefined;

  constructor(context: LiarContext) {
    this.#context = context;
  }

  async listen(network: SimulatedNetwork, port: number): Promise<void> {
    const { host } = this.#context;
    const options = { host, port, handshakeTimeoutMs: 1000, maxConnections: 1000 };
    const listener = await network.from(host).listen(options, {
      connection: (stream) => {
        const connection = new LyingConnection(stream, this.#context, () => this.#connections.delete(connection));
        this.#connections.add(connection);
        connection.open();
      },
      acceptError: () => {},
    });
    this.#stopListening = () => listener.close();
  }

  /** Is gone at once, with all its connections. */
  async close(): Promise<void> {
    const stop = this.#stopListening;
    this.#stopListening = undefined;
    await stop?.();
    for (const connection of this.#connections) connection.destroy();
  }
}

/** One client of a liar's. */
class LyingConnection implements ByteStreamConsumer {
  readonly #stream: ByteStream;
  readonly #context: LiarContext;
  readonly #gone: () => void;
  /** What has come and is not a whole frame yet. */
  #received: Buffer = Buffer.alloc(0);
  /** What is to be written once the network has taken what was written before. */
  #unwritten: Buffer[] = [];
  #isWriting = false;
  #isEnding = false;

  constructor(stream: ByteStream, context: LiarContext, gone: () => void) {
    this.#stream = stream;
    this.#context = context;
    this.#gone = gone;
  }

  open(): void {
    this.#stream.open(this);
    this.#write(SERVER_INFO);
  }

  destroy(): void {
    this.#stream.destroy();
  }

  // ---- ByteStreamConsumer

  data(bytes: Buffer): void {
    this.#received = Buffer.concat([this.#received, bytes]);
    try {
      while (!this.#isEnding && this.#readFrame());
    } catch {
      // What cannot be read was changed on its way, or comes from a stranger.
      this.destroy();
    }
  }

  drained(): void {
    this.#isWriting = false;
    this.#write();
  }

  closed(): void {
    this.#gone();
  }

  // ---- inside

  #readFrame(): boolean {
    const reader = new ByteReader();
    reader.buffer = this.#received;
    reader.end = this.#received.length;
    const seq = reader.readVarint();
    if (seq === 0) {
      this.#received = this.#received.subarray(reader.position);
      this.#write(Buffer.of(0));
      return true;
    }
    const type = seq === NEED_MORE ? NEED_MORE : reader.readVarint();
    const length = type === NEED_MORE ? NEED_MORE : reader.readVarint();
    if (length === NEED_MORE || reader.available < length) return false;
    const end = reader.position + length;
    const work = this.#context.payload.read(this.#received.subarray(reader.position, end));
    this.#received = this.#received.subarray(end);
    this.#answer(seq, type, work as Work);
    return true;
  }

  #answer(seq: number, type: number, work: Work): void {
    const { plan, host, payload, random, log } = this.#context;
    const command = COMMANDS[type];
    const { id } = work;
    const client = this.#stream.remoteAddress;
    if (command === undefined) throw new Error('no such Command');
    log.add('execute', host, { command, seq, client, payload: { id } });
    log.add('handled', host, { id, client, seq });
    const frames = truth(seq, type, work, payload);
    if (!random.chance(plan.percent / 100)) {
      this.#write(...frames);
      return;
    }
    const lie = random.pick(plan.lies);
    log.add('lie', host, { lie, seq, client, id });
    const { before, frames: told, after, ends } = tell(lie, seq, type, frames, payload);
    this.#isEnding = ends;
    this.#write(...before, ...told, ...after);
  }

  /** One write at a time: its memory is not the liar's until it was taken. */
  #write(...frames: readonly Buffer[]): void {
    this.#unwritten.push(...frames);
    if (this.#isWriting) return;
    const bytes = Buffer.concat(this.#unwritten);
    this.#unwritten = [];
    if (bytes.length > 0) this.#isWriting = !this.#stream.write(bytes);
    if (this.#isEnding && !this.#isWriting) this.#stream.end();
  }
}
