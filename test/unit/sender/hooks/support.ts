import { CmdStreamError, type CmdStreamErrorCode } from '../../../../src/base/errors/cmd-stream-error.ts';
import { Command } from '../../../../src/protocol/command.ts';
import type {
  Hooks,
  HooksFactory,
  ReceivedResult,
  ResolvedSendOptions,
  SentCommand,
} from '../../../../src/sender/hooks/hooks.ts';

/** A Command to send in tests. */
export const command = new Command('Add', 0, { a: 2, b: 3 }, {});

/** On what terms it is sent. */
export const terms: ResolvedSendOptions = {
  timeoutMs: 1_000,
  signal: undefined,
  waitForReady: false,
  resultsCount: 1,
};

/** The Command once sent. */
export const sent: SentCommand = { command, seq: 7, clientId: 1, size: 12 };

/** The Command when it was not sent. */
export const notSent: SentCommand = { command, seq: 0, clientId: undefined, size: 0 };

/** A Result of the Command. */
export function resultOf(seq: number, last: boolean): ReceivedResult {
  return { seq, type: 'Sum', value: 5, size: 3, last };
}

/** An error with a code. */
export function failure(code: CmdStreamErrorCode): CmdStreamError {
  return new CmdStreamError(code, `an error with code ${code}`);
}

/** Hooks that note all calls in `log` as `name.method`, with the error's code at the end where there is one. */
export function recording(name: string, log: string[], beforeSend?: Hooks['beforeSend']): HooksFactory {
  const note = (method: string) => (_: SentCommand, error: CmdStreamError) => {
    log.push(`${name}.${method} ${error.code}`);
  };
  return () => ({
    beforeSend: (asked) => {
      log.push(`${name}.beforeSend`);
      return beforeSend?.(asked);
    },
    onResult: (_, result) => {
      log.push(`${name}.onResult ${result.seq}`);
    },
    onError: note('onError'),
    onTimeout: note('onTimeout'),
    onCancel: note('onCancel'),
  });
}

/** A promise that a test settles. */
export function closedGate() {
  let open = () => {};
  let fail = (_: Error) => {};
  const promise = new Promise<void>((resolve, reject) => {
    open = resolve;
    fail = reject;
  });
  return { promise, open, fail };
}
