/** Tells the operator of the process about a defect in user code that has no caller to tell. */
export type Warn = (message: string) => void;

/** A process warning, which Node prints once per occurrence and monitoring can listen to. */
export const processWarning: Warn = (message) => process.emitWarning(message, 'CmdStreamWarning');

/** Runs a callback of the user's; what it throws disturbs nothing and becomes a warning. */
export function callUser(warn: Warn, what: string, call: () => void): void {
  try {
    call();
  } catch (error) {
    warn(`cmd-stream: ${what} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }
}
