import { describeError } from '../base/errors/describe-error.ts';
import { printable } from '../base/errors/printable.ts';

/** A refusal goes into an error message, and back over the wire: it tells this many issues, */
const MAX_ISSUES = 8;
/** in this many characters. */
const MAX_REFUSAL_LENGTH = 1000;

/** Why a schema refuses a value, in a message of bounded length: whatever it has given as its issues. */
export function describeIssues(issues: unknown): string {
  const [first, more] = firstOf(issues);
  if (first.length === 0) return 'its schema refuses it, and does not say why';
  const short = printable(first.map(describeIssue).join('; '), MAX_REFUSAL_LENGTH);
  return more === '' ? short : `${short}; and ${more} more`;
}

/** The first issues, and how many there are besides: of an array, of what is like one, or of what can be walked. */
function firstOf(issues: unknown): [first: unknown[], more: string] {
  if (typeof issues !== 'object' || issues === null) return [[], ''];
  if ('length' in issues && typeof issues.length === 'number') {
    const first = Array.from({ length: Math.min(issues.length, MAX_ISSUES) }, (_, index) => Reflect.get(issues, index));
    return [first, issues.length > MAX_ISSUES ? String(issues.length - MAX_ISSUES) : ''];
  }
  const first: unknown[] = [];
  if (!(Symbol.iterator in issues)) return [first, ''];
  for (const issue of issues as Iterable<unknown>) {
    if (first.length === MAX_ISSUES) return [first, 'some'];
    first.push(issue);
  }
  return [first, ''];
}

function describeIssue(issue: unknown): string {
  try {
    const { message, path } = issue as { readonly message?: unknown; readonly path?: Iterable<unknown> };
    const way = path === undefined || path === null ? '' : Array.from(path, segment).join('.');
    return way === '' ? String(message) : `${way}: ${String(message)}`;
  } catch (error) {
    return `an issue that cannot be read: ${describeError(error)}`;
  }
}

function segment(part: unknown): string {
  return String(typeof part === 'object' && part !== null && 'key' in part ? part.key : part);
}
