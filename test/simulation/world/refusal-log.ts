import type { MessageCodec } from '../../../src/codec.ts';
import type { Codec, CommandDoneInfo, CommandOutcome } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';
import type { Work } from './protocol.ts';

/**
 * Which Commands a server turned away since it was shutting down: logs `refused` with the place of each, and with the
 * send that it was of, where its payload has been read. And which it stopped, or did not begin, since nobody waits for them or
 * their time is over: `stopped`.
 */
export class RefusalLog {
  readonly #log: EventLog;
  readonly #host: string;
  /** What was read last, and has not been refused. */
  #readId: number | undefined;

  constructor(log: EventLog, host: string) {
    this.#log = log;
    this.#host = host;
  }

  /** A codec that tells what is read of Commands. */
  around(codec: Codec): Codec {
    return {
      name: codec.name,
      bind: (messages) => {
        const coder = codec.bind(messages);
        return messages.kind === 'command' ? this.#aroundCoder(coder) : coder;
      },
    };
  }

  readonly onCommandDone = ({ seq, remoteAddress: client }: CommandDoneInfo, outcome: CommandOutcome): void => {
    if (outcome === 'success') return;
    if (outcome.code === 'cancelled' || outcome.code === 'timeout') {
      const isBegun = !/before the server came to it/.test(outcome.message);
      this.#log.add('stopped', this.#host, { seq, client, code: outcome.code, isBegun });
      return;
    }
    if (outcome.code !== 'closed' || !outcome.message.includes('has not executed')) return;
    this.#log.add('refused', this.#host, { id: this.#readId ?? null, seq, client });
    this.#readId = undefined;
  };

  #aroundCoder(coder: MessageCodec): MessageCodec {
    const { skip } = coder;
    const decode: MessageCodec['decode'] = (reader, message) => {
      const isWhole = coder.decode(reader, message);
      const id = isWhole ? (message.value as Partial<Work> | undefined)?.id : undefined;
      this.#readId = typeof id === 'number' ? id : undefined;
      return isWhole;
    };
    const around = { decode, encode: coder.encode.bind(coder) };
    if (skip === undefined) return around;
    return {
      ...around,
      skip: (reader, message) => {
        this.#readId = undefined;
        return skip.call(coder, reader, message);
      },
    };
  }
}
