import { expect } from 'vitest';
import type { Executions } from './counted-service.ts';
import type { Sent, Traffic } from './traffic.ts';

/** What a send may end with while the network is bad: nothing that would be the fault of either side. */
const EXPECTED_CODES = ['timeout', 'connection-lost', 'unavailable', 'closed'];

/**
 * Checks what the library promises of each send, whatever the network does. Called when all is over: a Command that is
 * under way may still be executed.
 *
 * @param lateMs - how late things have been in this process, which is busy with other tests.
 */
export function expectPromisesKept({ sends, told }: Traffic, executions: Executions, lateMs: number): void {
  const broken = sends.flatMap((sent) => {
    const problem = problemOf(sent, executions.get(sent.id) ?? 0, lateMs);
    return problem === undefined ? [] : [`${sent.kind} ${sent.id}: ${problem}`];
  });
  for (const [id, { ends, late }] of told) {
    if (ends !== 1 || late > 0)
      broken.push(`${id}: its hooks were told ${ends} ends, and ${late} things after the end`);
  }
  const ids = new Set(sends.map(({ id }) => id));
  for (const id of executions.keys()) if (!ids.has(id)) broken.push(`${id} was executed, and never sent`);
  expect(broken).toEqual([]);
}

function problemOf(sent: Sent, executed: number, lateMs: number): string | undefined {
  const { settled, error, startMs, settledMs, timeoutMs, values } = sent;
  if (settled !== 1) return `settled ${settled} times`;
  const overdueMs = settledMs - startMs - timeoutMs;
  if (overdueMs > lateMs) return `settled ${Math.round(overdueMs)} ms after its deadline`;
  if (executed > 1) return `executed ${executed} times`;
  if (error === undefined && executed !== 1) return 'succeeded, and was not executed';
  if (error !== undefined) {
    if (!EXPECTED_CODES.includes(error.code)) return `failed with ${error.code}: ${error.message}`;
    if (!error.mayHaveExecuted && executed > 0) return `${error.code} says that it was not executed; it was`;
    if (!error.mayHaveExecuted && values.length > 0)
      return `${error.code} says that it was not executed; it has Results`;
  }
  return sent.kind === 'single' ? problemOfSingle(sent) : problemOfStream(sent);
}

function problemOfSingle({ id, text, values, error }: Sent): string | undefined {
  const [value] = values as { id: number; text: string }[];
  if (error !== undefined) return values.length === 0 ? undefined : 'has a Result and an error';
  return value?.id === id && value.text === text ? undefined : `got the Result of ${value?.id}`;
}

function problemOfStream({ id, count, values, error }: Sent): string | undefined {
  const parts = values as { id: number; n: number; last: boolean }[];
  for (const [index, part] of parts.entries()) {
    if (part.id !== id) return `got a Result of ${part.id}`;
    if (part.n !== index + 1) return `Result ${index + 1} is number ${part.n}`;
  }
  if (error === undefined && parts.length !== count) return `succeeded with ${parts.length} Results of ${count}`;
  return undefined;
}
