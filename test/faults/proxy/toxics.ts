/**
 * What a network can do to the bytes of one direction: the repertoire of Toxiproxy. Several at once are allowed. Times in
 * milliseconds.
 */
export interface Toxics {
  /** Each byte arrives so much later, more or less by up to `jitterMs`; the order stays. */
  readonly latency?: { readonly ms: number; readonly jitterMs: number };
  /** No more than so many bytes get through in a second. */
  readonly bandwidth?: { readonly bytesPerSecond: number };
  /** The end of the sending side is passed on so much later. */
  readonly slowClose?: { readonly ms: number };
  /** Nothing gets through while it lasts, and the connection stays: a partition. What waits goes on afterwards. */
  readonly timeout?: true;
  /** So long after the connection (or the toxic) came, the receiving side gets a reset and the sending side an end. */
  readonly reset?: { readonly afterMs: number };
  /** What arrives is passed on in pieces of about so many bytes, with a pause between them. */
  readonly slicer?: { readonly bytes: number; readonly pauseMs: number };
  /** Each connection is cut once so many bytes have gone through. */
  readonly limitData?: { readonly bytes: number };
}

/** Which way bytes go: `up` from the client to the server, `down` from the server to the client. */
export type Direction = 'up' | 'down';

/** No toxic at all. */
export const CLEAN: Toxics = Object.freeze({});
