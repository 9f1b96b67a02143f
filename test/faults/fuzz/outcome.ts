/** Who receives the bytes. */
export type Side = 'server' | 'client';

/** The option of that name of whoever is under fire. Small, so that cases reach it. */
export const MAX_FRAME_BYTES = 4 * 1024;

/** What the bytes of a case led to. */
export interface Outcome {
  /** What happened, in order: a Command executed or refused, a Result delivered, unexpected or refused, a Ping, a HELLO. */
  readonly events: readonly Event[];
  /** How the connection ended: the code of the error, or `in order`. Told exactly once, or there are several. */
  readonly ends: readonly string[];
  /** Commands of which the server said that they had been stopped, and were through. */
  readonly ended?: readonly number[];
}

/** One thing that happened. */
export interface Event {
  readonly what: 'executed' | 'refused' | 'result' | 'failed' | 'unexpected' | 'ping' | 'welcome';
  /** The sequence number of the frame; 0 for a Ping. */
  readonly seq: number;
  /** The name of the type, or the code of the error that it was refused with. */
  readonly name: string;
  readonly value?: unknown;
  /** Texts that came along with a Command that was executed, where there were any. */
  readonly metadata?: object;
}
