import { create } from '@bufbuild/protobuf';
import { ByteReader, NEED_MORE } from '../../../src/base/bytes/byte-reader.ts';
import { systemClock } from '../../../src/base/clock.ts';
import type { MessageCodec } from '../../../src/codec.ts';
import { type Codec, serve } from '../../../src/index.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { ERROR_RESULT_TYPE, RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { ControlFrame, isControlNext, readControlFrame } from '../../../src/wire/extension/control-frame.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import type { ListenerEvents, Transport } from '../../../src/wire/transport/transport.ts';
import { schemas } from '../../interop/support/codecs.ts';
import { bindBoth, type Format } from './corpus.ts';
import { type Delivery, FuzzStream, turn } from './fuzz-stream.ts';
import { type Event, MAX_FRAME_BYTES, type Outcome } from './outcome.ts';

const INTRODUCTION = encodeServerInfo('default;x1').length;
/** Time stands still, so that how long a Command has is as it was said, however busy the machine is. */
const clock = { ...systemClock, now: () => 0, monotonicMs: () => 0 };
const nothing: Record<string, unknown> = {
  Sum: 1,
  Tick: { N: 0, Last: true },
  Missing: { Key: '' },
  Done: {},
  Echoed: { Data: null, Text: '' },
  Number: 1,
};

/** What is looked at of a handler's context. */
interface Context {
  readonly seq: number;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The real server, all of it but the sockets, to which cases are connections. */
export class ServerTarget {
  readonly #format: Format;
  /** Reads what the server answers. */
  readonly #results: MessageCodec;
  readonly #events: Event[] = [];
  readonly #ends: string[] = [];
  readonly #flushes: (() => void)[] = [];
  #listener: ListenerEvents | undefined;
  #close: () => Promise<void> = async () => {};
  #connections = () => 0;

  private constructor(format: Format) {
    this.#format = format;
    this.#results = bindBoth(format, 'client').incoming;
  }

  static async open(format: Format): Promise<ServerTarget> {
    const target = new ServerTarget(format);
    const transport: Transport = {
      name: 'fuzz',
      connect: () => Promise.reject(new Error('nobody connects')),
      async listen(_, events) {
        target.#listener = events;
        return { address: 'fuzz:1', close: async () => {} };
      },
    };
    const server = await serve(format.protocol, undefined, target.#handlers() as never, {
      transport,
      clock,
      codec: format.codec as Codec,
      maxFrameBytes: MAX_FRAME_BYTES,
      maxBufferedBytes: 4 * 1024,
      defer: (task) => void target.#flushes.push(task),
      onConnectionLost: ({ error }) => target.#ends.push(error?.code ?? 'in order'),
    });
    target.#close = () => server.close();
    target.#connections = () => server.connections;
    return target;
  }

  /** Plays a client that sends `bytes`, and nothing else. */
  async play(bytes: Buffer, delivery: Delivery): Promise<Outcome & { readonly keptMemory: number }> {
    this.#events.length = 0;
    this.#ends.length = 0;
    const stream = new FuzzStream(delivery.takesSlowly);
    this.#listener?.connection(stream);
    await stream.play(bytes, delivery, () => this.#flush());
    if (this.#connections() !== 0) throw new Error('the connection is over, and its session is not');
    this.#flush();
    const refusals = this.#ends.includes('in order') || this.#ends.includes('connection-lost');
    const { events, ended } = refusals ? this.#answers(stream) : { events: [], ended: [] };
    return { events: [...this.#events, ...events], ends: [...this.#ends], ended, keptMemory: stream.mostKeptMemory };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
    await turn();
  }

  #flush(): boolean {
    const tasks = this.#flushes.splice(0);
    for (const task of tasks) task();
    return tasks.length > 0;
  }

  /** Handlers that note what they got; every third kind of them takes its time. */
  #handlers(): Record<string, (payload: unknown, context: Context) => unknown> {
    const { commandEntries, resultEntries } = this.#format.protocol[protocolTables];
    return Object.fromEntries(
      commandEntries.map(({ name, type, resultTypes, tagged }) => [
        name,
        (payload: unknown, { seq, metadata }: Context) => {
          const texts = Object.entries(metadata);
          const along = texts.length === 0 ? {} : { metadata: Object.fromEntries(texts) };
          this.#events.push({ what: 'executed', seq, name, value: payload, ...along });
          const result = (
            tagged ? 'Missing' : resultEntries[resultTypes[0] as number]?.name
          ) as keyof typeof schemas.results;
          const value = this.#resultOf(result, payload);
          const given = tagged ? { type: result, value } : value;
          return type % 3 === 2 ? Promise.resolve(given) : given;
        },
      ]),
    );
  }

  #resultOf(name: keyof typeof schemas.results, payload: unknown): unknown {
    if (this.#format.name === 'protobuf') {
      return name === 'Tick' ? create(schemas.results.Tick, { last: true }) : create(schemas.results[name]);
    }
    return name === 'Kinds' ? payload : nothing[name];
  }

  /** The Pongs, the WELCOME and the refusals among what was written; each Command has exactly one answer, or is ended. */
  #answers({ written }: FuzzStream): { readonly events: readonly Event[]; readonly ended: readonly number[] } {
    const reader = new ByteReader();
    reader.buffer = Buffer.concat(written);
    reader.end = reader.buffer.length;
    reader.position = INTRODUCTION;
    const events: Event[] = [];
    const ended: number[] = [];
    const executed = this.#events.length;
    let answered = 0;
    while (reader.available > 0) {
      const seq = reader.readVarint();
      if (seq > 0 && isControlNext(reader)) {
        const frame = new ControlFrame();
        if (!readControlFrame(reader, seq, frame)) throw new Error('an answer is cut');
        const { type } = frame;
        if (type === RESERVED_TYPES.ended) ended.push(seq);
        else if (type === RESERVED_TYPES.welcome) events.push({ what: 'welcome', seq, name: '' });
        else throw new Error(`the server sent a frame of type ${type}`);
        continue;
      }
      const message = { type: 0, value: undefined as unknown };
      if (seq === NEED_MORE || (seq > 0 && !this.#results.decode(reader, message))) throw new Error('an answer is cut');
      if (seq === 0) {
        events.push({ what: 'ping', seq, name: '' });
      } else {
        const { code } = (message.type === ERROR_RESULT_TYPE ? message.value : {}) as { code?: string };
        if (code === 'command-invalid' || code === 'timeout') events.push({ what: 'refused', seq, name: code });
        else answered++;
      }
    }
    if (answered + ended.length !== executed) {
      throw new Error(`${executed} Commands were executed, ${answered} are answered, ${ended.length} ended`);
    }
    return { events, ended };
  }
}
