import { VERSION } from '../base/version.ts';
import type { AnyProtocol } from '../protocol/protocol.ts';
import { protocolTables } from '../protocol/protocol.ts';
import { encodeWelcome, type Welcome } from '../wire/extension/introduction.ts';
import { makeId } from './handler-error.ts';
import type { ResolvedServerOptions } from './options.ts';

/** What a server says of itself to clients that have the wire extension. */
export class Welcomes {
  readonly #welcome: Welcome;
  /** The same for all, in bytes. */
  readonly #usual: Uint8Array;

  constructor(protocol: AnyProtocol, { codec, maxFrameBytes, random }: ResolvedServerOptions) {
    const { commandEntries, resultEntries } = protocol[protocolTables];
    this.#welcome = {
      codec: codec.name,
      commands: commandEntries.map(({ name }) => name),
      results: resultEntries.map(({ name }) => name),
      maxFrameBytes,
      instance: makeId(random) + makeId(random),
      version: VERSION,
      schemas: {},
      refused: undefined,
    };
    this.#usual = encodeWelcome(this.#welcome);
  }

  /** @param refused - why the client is not let in; none where it is. */
  encode(refused: string | undefined): Uint8Array {
    return refused === undefined ? this.#usual : encodeWelcome({ ...this.#welcome, refused });
  }
}
