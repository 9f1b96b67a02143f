import type { Engine } from '../index.ts';
import type { ConnectOptions } from './connect-options.ts';

/** One Command to be sent, as the command line says. */
export interface WantedCall {
  readonly address: string;
  /** Carries the Command in place of a connection to `address`. */
  readonly engine?: Engine | undefined;
  readonly name: string;
  readonly payload: unknown;
  /** So many Results are wanted at most; Infinity: all. */
  readonly count: number;
  /** The codec that was asked for; `undefined`: none was. */
  readonly codec: string | undefined;
  readonly connect: ConnectOptions;
  /** Fires when no more is wanted: at Ctrl-C. */
  readonly signal: AbortSignal;
}
