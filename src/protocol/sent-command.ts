import type { Command } from './command.ts';

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
