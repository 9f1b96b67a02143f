/** Tells the operator of the process about a defect in user code that has no caller to tell. */
export type Warn = (message: string) => void;

/** A process warning, which Node prints once per occurrence and monitoring can listen to. */
export const processWarning: Warn = (message) => process.emitWarning(message, 'CmdStreamWarning');
