import { describeError } from '../base/errors/describe-error.ts';
import { isThenable } from '../base/thenable.ts';
import type { Schema } from './definitions.ts';
import { describeIssues } from './issues.ts';

/** The answer of a schema about a value: the value to use, or why it is refused. */
export type Validation = { readonly value: unknown; readonly refusal?: undefined } | { readonly refusal: string };

/**
 * Applies a Standard Schema to what has arrived. Returns a promise only where the schema does: one of whatever library or
 * realm, that is, anything with `then`. An answer that accepts nothing clearly is a refusal.
 *
 * No format of the library has an `undefined`, it arrives as `null`: where a schema refuses `null` it is asked whether it
 * takes `undefined` (`z.void()`, `z.object({ ... }).optional()`).
 *
 * @throws whatever the schema throws; the promise rejects with what the schema's does.
 */
export function validate(schema: Schema, value: unknown): Validation | Promise<Validation> {
  const outcome: unknown = schema['~standard'].validate(value);
  return isThenable(outcome) ? judgeLater(schema, value, outcome) : judge(schema, value, outcome);
}

/** Promise of this realm, whatever the schema's is and whatever `globalThis.Promise` is by now. */
async function judgeLater(schema: Schema, value: unknown, outcome: PromiseLike<unknown>): Promise<Validation> {
  return judge(schema, value, await outcome);
}

function judge(schema: Schema, value: unknown, outcome: unknown): Validation | Promise<Validation> {
  const validation = readOutcome(outcome);
  if (validation.refusal === undefined || value !== null) return validation;
  const refused = { refusal: `the payload is missing, or null: ${validation.refusal}` };
  return askForNothing(schema, refused);
}

/** Asks a schema that refuses `null` whether it takes `undefined`; says `refused` if not. */
function askForNothing(schema: Schema, refused: Validation): Validation | Promise<Validation> {
  let outcome: unknown;
  try {
    outcome = schema['~standard'].validate(undefined);
    if (isThenable(outcome)) return acceptedLater(outcome, refused);
  } catch {
    return refused;
  }
  return accepted(outcome, refused);
}

async function acceptedLater(outcome: PromiseLike<unknown>, refused: Validation): Promise<Validation> {
  try {
    return accepted(await outcome, refused);
  } catch {
    return refused;
  }
}

function accepted(outcome: unknown, refused: Validation): Validation {
  const validation = readOutcome(outcome);
  return validation.refusal === undefined ? validation : refused;
}

/** Reads the answer of a schema. What says neither yes nor no says no: a check must not fail open. */
function readOutcome(outcome: unknown): Validation {
  if (typeof outcome !== 'object' || outcome === null) return NO_ANSWER;
  try {
    const { issues } = outcome as { readonly issues?: unknown };
    if (issues !== undefined) return { refusal: describeIssues(issues) };
    return 'value' in outcome ? { value: outcome.value } : NO_ANSWER;
  } catch (error) {
    return { refusal: `the answer of its schema cannot be read: ${describeError(error)}` };
  }
}

const NO_ANSWER: Validation = { refusal: "its schema gave neither a 'value' nor 'issues', as a Standard Schema does" };
