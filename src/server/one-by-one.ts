import { roomFor } from './room.ts';
import type { ResultPort } from './service.ts';

/** A Command whose handler gives its Results one by one. */
export interface StreamedCommand {
  /** Whether Results are no longer taken. */
  readonly closed: boolean;
  /** Sends a Result; returns whether more may follow. */
  give(result: unknown): boolean;
  /** A promise where a Result should wait that someone still wants: for room, or for credit of the client. */
  pause(): Promise<void> | undefined;
  /** Fails the Command: there is no memory for a Result to wait in. */
  dropResult(): void;
  /** Fails the Command unless its last Result was sent. */
  failWithoutLast(): void;
}

/** Sends Results one by one, while there is room for them; rejects with what they throw. */
export async function sendOneByOne(
  command: StreamedCommand,
  port: ResultPort,
  results: Iterator<unknown> | AsyncIterator<unknown>,
): Promise<void> {
  for (;;) {
    // Nothing is asked of the generator while the client does not take what there is.
    for (let pause = command.pause(); pause !== undefined; pause = command.pause()) await pause;
    if (command.closed) break;
    const step = await results.next();
    if (step.done === true) {
      command.failWithoutLast();
      return;
    }
    // Others may have filled the channel meanwhile: then what the generator gave waits here, not encoded.
    if (port.isFull && !(await roomFor(port, step.value))) {
      command.dropResult();
      break;
    }
    if (!command.give(step.value)) break;
  }
  await results.return?.();
}
