import type { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Command } from '../protocol/command.ts';

/** A Command on its way, as hooks see it. */
export interface SentCommand {
  /** The Command itself. */
  readonly command: Command;
  /** Its sequence number at its client; 0 while it has not been sent. */
  readonly seq: number;
  /** The client of the group that it was sent through; `undefined` while it has not been sent. */
  readonly clientId: number | undefined;
  /** Its bytes on the wire; 0 while it has not been sent. */
  readonly size: number;
}

/** A Result, as hooks see it. */
export interface ReceivedResult {
  /** 1 for the first Result of its Command, 2 for the second, ... */
  readonly seq: number;
  /** The name of its type in the protocol. */
  readonly type: string;
  /** The value. */
  readonly value: unknown;
  /** Its bytes on the wire. */
  readonly size: number;
  /** Whether the request has succeeded with it: no Result follows. */
  readonly last: boolean;
}

/**
 * What happens to one send, for metrics, tracing, policies. Each send gets hooks of its own from a {@link HooksFactory},
 * so they may keep state. The order is `beforeSend`, then `onResult` for each Result; a send that does not end with its
 * last Result ends with exactly one of `onError`, `onTimeout`, `onCancel`.
 *
 * A hook that throws (other than `beforeSend`) changes nothing for the send; the process gets a warning.
 */
export interface Hooks {
  /**
   * Before anything is sent. Throw (or reject) to refuse: the send fails with `refused` and your error as `cause`, or
   * with your error itself when it is a `CmdStreamError`; nothing is sent, and no other hook is called. A returned
   * promise is awaited; the deadline goes on meanwhile.
   */
  beforeSend?(command: Command): void | Promise<void>;
  /** A Result arrived and was handed to the caller. */
  onResult?(sent: SentCommand, result: ReceivedResult): void;
  /** The send failed: it could not be sent, its connection was lost, its handler failed, ... */
  onError?(sent: SentCommand, error: CmdStreamError): void;
  /** The deadline passed. */
  onTimeout?(sent: SentCommand, error: CmdStreamError): void;
  /** The caller cancelled: by its `AbortSignal`, or by leaving the stream. */
  onCancel?(sent: SentCommand, error: CmdStreamError): void;
}

/** Makes the hooks of one send. */
export type HooksFactory = () => Hooks;
