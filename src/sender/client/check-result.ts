import { CmdStreamError, describeError, saidByServer } from '../../base/errors/cmd-stream-error.ts';
import { isThenable } from '../../base/thenable.ts';
import { type BadPayload, isBadPayload } from '../../protocol/codec/codec.ts';
import type { Schema } from '../../protocol/definitions.ts';
import type { ResultEntry } from '../../protocol/protocol.ts';
import { causeOf, mayHaveExecuted, readErrorResult } from '../../protocol/reserved.ts';
import { type Validation, validate } from '../../protocol/validate.ts';
import type { PendingCommand } from './pending-command.ts';

/** Whether a Result needs no check: most do not. */
export function isPlain(entry: ResultEntry | undefined, value: unknown): entry is ResultEntry {
  return entry !== undefined && entry.definition.schema === undefined && !isBadPayload(value);
}

/** Applies the schema of a Result. A schema that throws refuses; a promise comes only where the schema gives one. */
export function applySchema(schema: Schema, value: unknown): Validation | Promise<Validation> {
  try {
    const outcome = validate(schema, value);
    return isThenable(outcome) ? Promise.resolve(outcome).catch(refuse) : outcome;
  } catch (error) {
    return refuse(error);
  }
}

function refuse(error: unknown): Validation {
  return { refusal: `its schema threw: ${describeError(error)}` };
}

/** The error of a Result that is not readable; a payload over the limit was not even read. */
export function unreadableResult(what: string, { error, reason }: BadPayload): CmdStreamError {
  if ((error as Partial<CmdStreamError> | undefined)?.code !== 'frame-too-large') {
    return invalidResult(`${what} is not readable: ${reason}`, error);
  }
  return new CmdStreamError('frame-too-large', `${what} is too large: ${reason}`, { mayHaveExecuted: true });
}

/** The error of a Result that is not acceptable. */
export function invalidResult(message: string, cause?: unknown): CmdStreamError {
  return new CmdStreamError('result-invalid', message, { cause, mayHaveExecuted: true });
}

/** The error of a Result whose type the protocol does not have. */
export function unknownType(address: string, type: number, types: number): CmdStreamError {
  const message = `${address} sent a Result of type ${type}; the protocol has ${types} Result types`;
  return new CmdStreamError('protocol-error', message);
}

const NO_FAILURE = Object.freeze({ kind: undefined, details: undefined });

/** Command that is answered, and how many Results it has had. */
interface AnsweredCommand extends Pick<PendingCommand, 'received'> {
  readonly command: { readonly name: string };
}

/** The error that a server answers a Command by, in the payload of an error Result. */
export function failureOf({ command, received }: AnsweredCommand, address: string, payload: unknown): CmdStreamError {
  const error = readErrorResult(payload);
  // Whatever the server says now: what has given a Result was executed.
  const executed = mayHaveExecuted(error) || received > 0;
  const message = `${command.name} at ${address}: ${error.message}`;
  const { kind: failure, details } = error.failure ?? NO_FAILURE;
  const retryAfterMs = error.failure?.retryAfterMs ?? error.retryAfterMs;
  const cause = causeOf(error);
  const told = { cause, mayHaveExecuted: executed, failure, details, retryAfterMs };
  const failed = new CmdStreamError(error.code, message, told);
  return error.code === 'closed' ? saidByServer(failed) : failed;
}
