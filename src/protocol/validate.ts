import type { StandardSchemaV1 } from '@standard-schema/spec';
import { printable } from '../errors/printable.ts';
import type { Schema } from './definitions.ts';

/** What a schema says of a value: the value to use, or why it is refused. */
export type Validation = { readonly value: unknown; readonly refusal?: undefined } | { readonly refusal: string };

/** A refusal goes into an error message, and back over the wire: it tells this many issues, */
const MAX_ISSUES = 8;
/** in this many characters. */
const MAX_REFUSAL_LENGTH = 1000;

/**
 * Applies a Standard Schema to what has arrived. Returns a promise only where the schema does.
 *
 * No format of the library has an `undefined`, it arrives as `null`: where a schema refuses `null` it is asked whether it
 * takes `undefined` (`z.void()`, `z.object({ ... }).optional()`).
 */
export function validate(schema: Schema, value: unknown): Validation | Promise<Validation> {
  const outcome = schema['~standard'].validate(value);
  if (outcome instanceof Promise) return outcome.then((settled) => toValidation(schema, value, settled));
  return toValidation(schema, value, outcome);
}

function toValidation(
  schema: Schema,
  value: unknown,
  outcome: StandardSchemaV1.Result<unknown>,
): Validation | Promise<Validation> {
  if (outcome.issues === undefined) return { value: outcome.value };
  const refused = { refusal: describeIssues(outcome.issues) };
  if (value !== null) return refused;
  const second = schema['~standard'].validate(undefined);
  if (second instanceof Promise) return second.then((settled) => accepted(settled) ?? refused);
  return accepted(second) ?? refused;
}

function accepted(outcome: StandardSchemaV1.Result<unknown>): Validation | undefined {
  return outcome.issues === undefined ? { value: outcome.value } : undefined;
}

function describeIssues(issues: readonly StandardSchemaV1.Issue[]): string {
  const short = printable(issues.slice(0, MAX_ISSUES).map(describeIssue).join('; '), MAX_REFUSAL_LENGTH);
  return issues.length > MAX_ISSUES ? `${short}; and ${issues.length - MAX_ISSUES} more` : short;
}

function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
