import { isDeepStrictEqual } from 'node:util';
import type { CmdStreamErrorCode, CommandOf } from 'cmd-stream';
import type { interop } from '../../interop/support/protocol.ts';
import type { TestRandom } from '../../support/random.ts';

/** The names of the Commands of the interop protocol. */
export type CommandName = keyof typeof interop & string;

/** What a send must come to. */
export interface Expectation {
  /** The kind of work: a row of the summary. */
  readonly kind: string;
  /** The time that it has. */
  readonly timeoutMs: number;
  /** What is wrong with the Result at `index` (0 for the first); nothing when it is as it must be. */
  readonly check: (value: unknown, index: number) => string | undefined;
  /** How many Results come with success; `'none'` where success is a fault. */
  readonly results: number | 'none';
  /** The codes with which it may fail although the service is well. */
  readonly codes?: readonly CmdStreamErrorCode[];
  /** What the message of a `command-failed` must hold. */
  readonly failure?: string;
}

/** One send. */
export interface Work extends Expectation {
  readonly command: CommandOf<typeof interop>;
  /** With one Result, as an async iterator, or with a handler. */
  readonly mode: 'single' | 'iterate' | 'handle';
  /** Whether the deadline is given as an absolute time. */
  readonly absolute?: boolean;
  readonly waitForReady?: boolean;
  /** When its signal fires, if it has one. */
  readonly abortAfterMs?: number;
  /** After how many Results the loop is left. */
  readonly leaveAfter?: number;
  /** How many Results are taken at most. */
  readonly resultsCount?: number;
  /** Whether its latency counts: it is answered without a wait. */
  readonly quick?: boolean;
}

/** Makes work of one kind; `id` is the Command's own. */
export type WorkMaker = (id: number, random: TestRandom) => Work;

/**
 * A payload with the id of its Command beside its fields: what tells executions apart. JSON readers skip a name that they
 * do not know; the node peer takes it out before its handlers.
 */
export function withId<Payload extends object>(Id: number, payload: Payload): Payload & { Id: number } {
  return { ...payload, Id };
}

/** For messages: a value, not too long. */
export function show(value: unknown): string {
  const text = JSON.stringify(value, (_, part) => (typeof part === 'bigint' ? `${part}n` : part)) ?? String(value);
  return text.length > 300 ? `${text.slice(0, 300)}...` : text;
}

/** What is wrong where `got` is not `expected`; of two objects only the fields that differ. */
export function different(expected: unknown, got: unknown): string {
  if (!isFields(expected) || !isFields(got)) return `expected ${show(expected)}, got ${show(got)}`;
  const names = [...new Set([...Object.keys(expected), ...Object.keys(got)])];
  return names
    .filter((name) => !isDeepStrictEqual(expected[name], got[name]))
    .map((name) => `${name}: ${different(expected[name], got[name])}`)
    .join('; ');
}

function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
