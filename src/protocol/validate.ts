import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { Schema } from './definitions.ts';

/** What a schema says of a value: the value to use, or why it is refused. */
export type Validation = { readonly value: unknown; readonly refusal?: undefined } | { readonly refusal: string };

/** Applies a Standard Schema. Returns a promise only where the schema does. */
export function validate(schema: Schema, value: unknown): Validation | Promise<Validation> {
  const outcome = schema['~standard'].validate(value);
  return outcome instanceof Promise ? outcome.then(toValidation) : toValidation(outcome);
}

function toValidation(outcome: StandardSchemaV1.Result<unknown>): Validation {
  if (outcome.issues === undefined) return { value: outcome.value };
  return { refusal: outcome.issues.map(describeIssue).join('; ') };
}

function describeIssue(issue: StandardSchemaV1.Issue): string {
  const path = (issue.path ?? []).map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
  return path === '' ? issue.message : `${path}: ${issue.message}`;
}
