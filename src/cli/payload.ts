import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';

/** The type that a field of a payload must have. */
export interface FieldRule {
  /** In words: "a number". */
  readonly accepted: string;
  /** Whether a value is that. */
  holds(value: unknown): boolean;
  /** The same as JSON Schema. */
  readonly schema: object;
}

/** Any number but NaN and the infinite ones. */
export const aNumber: FieldRule = { accepted: 'a number', holds: Number.isFinite, schema: { type: 'number' } };

/** A whole number within bounds, both included. */
export function wholeNumberWithin(min: number, max: number): FieldRule {
  return {
    accepted: `a whole number from ${min} to ${max}`,
    holds: (value) => typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max,
    schema: { type: 'integer', minimum: min, maximum: max },
  };
}

/** A schema of objects whose fields are numbers. People type payloads at `cmd-stream call`, so they are checked. */
export function numbers<const Name extends string>(
  rules: Readonly<Record<Name, FieldRule>>,
): StandardSchemaV1<Record<Name, number>> & StandardJSONSchemaV1<Record<Name, number>> {
  const entries = Object.entries<FieldRule>(rules);
  const toJsonSchema = () => ({
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, { schema }]) => [name, schema])),
    required: entries.map(([name]) => name),
  });
  return {
    '~standard': {
      version: 1,
      vendor: 'cmd-stream',
      jsonSchema: { input: toJsonSchema, output: toJsonSchema },
      validate(value) {
        if (typeof value !== 'object' || value === null)
          return { issues: [{ message: 'the payload must be an object' }] };
        const issues = entries
          .filter(([name, rule]) => !rule.holds(Reflect.get(value, name)))
          .map(([name, { accepted }]) => ({ message: `must be ${accepted}`, path: [name] }));
        return issues.length > 0 ? { issues } : { value: value as Record<Name, number> };
      },
    },
  };
}
