import { VERSION } from '../base/version.ts';
import type { AnyProtocol } from '../protocol/protocol.ts';
import { protocolTables } from '../protocol/protocol.ts';
import { MAX_INTRODUCTION_BYTES } from '../wire/extension/control-frame.ts';
import { encodeWelcome, type Welcome } from '../wire/extension/introduction.ts';
import { answersOf, schemasOf } from './description.ts';
import { makeId } from './handler-error.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Client that a WELCOME is for. */
export interface WelcomedClient {
  /** Why it is not let in; none where it is. */
  readonly refused: string | undefined;
  /** Whether it has asked what the protocol is like. */
  readonly describe: boolean;
}

/** What a server says of itself to clients that have the wire extension. */
export class Welcomes {
  readonly #welcome: Welcome;
  readonly #describedBy: AnyProtocol | undefined;
  /** The same for all, in bytes. */
  readonly #usual: Uint8Array;
  /** The same for all that ask for a description; made for the first of them. */
  #described: Uint8Array | undefined;

  constructor(protocol: AnyProtocol, { codec, maxFrameBytes, random, describe }: ResolvedServerOptions) {
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
  encode({ refused, describe }: WelcomedClient): Uint8Array {
    // What there is, is not for whoever may not come in.
    if (refused !== undefined) return encodeWelcome({ ...this.#welcome, commands: [], results: [], refused });
    if (!describe) return this.#usual;
    this.#described ??= this.#describe();
    return this.#described;
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
