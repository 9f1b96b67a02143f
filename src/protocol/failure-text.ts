import { type CommandFailureKind, isFailureKind } from '../base/errors/failure-kind.ts';

/** The longest `details` of a failure, in bytes of JSON. */
export const MAX_DETAILS_BYTES = 8_192;

/** Values nested deeper are no details. */
const MAX_DETAILS_DEPTH = 512;

/** The fields of an error Result about a failure that its handler meant. */
export interface FailureFields {
  readonly kind: CommandFailureKind;
  readonly details: unknown;
  readonly retryAfterMs: number | undefined;
  /** `undefined` where the handler did not say. */
  readonly mayHaveExecuted: boolean | undefined;
}

/** The longest text of a failure: its details, and what stands beside them. */
const MAX_FAILURE_LENGTH = MAX_DETAILS_BYTES + 512;

/** The text that an error Result carries a failure in; `details` is JSON already. */
export function writeFailure(fields: Omit<FailureFields, 'details'>, details: string | undefined): string {
  const text = JSON.stringify(fields);
  return details === undefined ? text : `${text.slice(0, -1)},"details":${details}}`;
}

/** Reads that text, whatever the peer put there: `undefined` where it tells of no failure that is known here. */
export function readFailure(text: unknown): FailureFields | undefined {
  if (typeof text !== 'string' || text.length > MAX_FAILURE_LENGTH) return undefined;
  const fields = parse(text);
  if (typeof fields !== 'object' || fields === null) return undefined;
  const { kind, details, retryAfterMs, mayHaveExecuted } = fields as Readonly<Record<string, unknown>>;
  if (!isFailureKind(kind)) return undefined;
  return {
    kind,
    details: isHarmless(details, 0) ? details : undefined,
    retryAfterMs: isDuration(retryAfterMs) ? retryAfterMs : undefined,
    mayHaveExecuted: typeof mayHaveExecuted === 'boolean' ? mayHaveExecuted : undefined,
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** Whether nothing in `value` is nested too deeply, or a field by whose name an object's prototype is set. */
function isHarmless(value: unknown, depth: number): boolean {
  if (typeof value !== 'object' || value === null) return true;
  if (depth === MAX_DETAILS_DEPTH || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((field) => isHarmless(field, depth + 1));
}
