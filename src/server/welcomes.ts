import type { Clock } from '../base/clock.ts';
import { VERSION } from '../base/version.ts';
import type { AnyProtocol } from '../protocol/protocol.ts';
import { protocolTables } from '../protocol/protocol.ts';
import { MAX_INTRODUCTION_BYTES } from '../wire/extension/control-frame.ts';
import { encodeWelcome, type Welcome } from '../wire/extension/introduction.ts';
import type { ServerStatus } from '../wire/extension/server-status.ts';
import { answersOf, schemasOf } from './description.ts';
import { makeId } from './handler-error.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Figures of a server that it tells of itself. */
export type TellFigures = () => Pick<ServerStatus, 'connections' | 'inFlight'>;

/** Client that a WELCOME is for. */
export interface WelcomedClient {
  /** Why it is not let in; none where it is. */
  readonly refused: string | undefined;
  /** Whether it has asked what the protocol is like. */
  readonly describe: boolean;
  /** Whether it has asked how the server is doing. */
  readonly status: boolean;
}

/** What a server says of itself to clients that have the wire extension. */
export class Welcomes {
  readonly #welcome: Welcome;
  readonly #describedBy: AnyProtocol | undefined;
  /** The same for all, in bytes. */
  readonly #usual: Uint8Array;
  /** The same for all that ask for a description; made for the first of them. */
  #described: Uint8Array | undefined;

  readonly #figures: TellFigures;
  readonly #clock: Clock;
  readonly #name: string | undefined;
  readonly #startedMs: number;

  constructor(protocol: AnyProtocol, options: ResolvedServerOptions, figures: TellFigures) {
    const { codec, maxFrameBytes, random, describe, clock, name } = options;
    this.#name = name;
    this.#figures = figures;
    this.#clock = clock;
    this.#startedMs = clock.monotonicMs();
    const { commandEntries, resultEntries } = protocol[protocolTables];
    this.#describedBy = describe ? protocol : undefined;
    this.#welcome = {
      codec: codec.name,
      commands: commandEntries.map(({ name }) => name),
      results: resultEntries.map(({ name }) => name),
      maxFrameBytes,
      instance: makeId(random) + makeId(random),
      version: VERSION,
      schemas: {},
      returns: [],
      several: [],
      ends: false,
      refused: undefined,
    };
    this.#usual = encodeWelcome(this.#welcome);
  }

  /** Bytes of the WELCOME for a client. */
  encode({ refused, describe, status }: WelcomedClient): Uint8Array {
    // What there is, is not for whoever may not come in.
    if (refused !== undefined) return encodeWelcome({ ...this.#welcome, commands: [], results: [], refused });
    if (status && this.#describedBy !== undefined) return encodeWelcome({ ...this.#welcome, status: this.#status() });
    if (!describe) return this.#usual;
    this.#described ??= this.#describe();
    return this.#described;
  }

  #status(): ServerStatus {
    const { connections, inFlight } = this.#figures();
    const name = this.#name;
    const uptimeMs = Math.max(0, Math.round(this.#clock.monotonicMs() - this.#startedMs));
    return { ...(name !== undefined && { name }), connections, inFlight, uptimeMs };
  }

  #describe(): Uint8Array {
    const protocol = this.#describedBy;
    const ends: Welcome = { ...this.#welcome, ends: true };
    if (protocol === undefined) return encodeWelcome(ends);
    const answers: Welcome = { ...ends, ...answersOf(protocol) };
    const roomBytes = MAX_INTRODUCTION_BYTES - Buffer.byteLength(JSON.stringify(answers));
    return encodeWelcome({ ...answers, schemas: schemasOf(protocol, roomBytes) });
  }
}
