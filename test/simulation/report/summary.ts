import type { Tally } from './tally.ts';

const whole = (value: number) => Math.round(value).toLocaleString('en-US');

/** What a run of many schedules has shown, in lines. */
export function formatSummary(tally: Tally, elapsedMs: number, bugs: number): string {
  const { schedules, simulatedMs, states } = tally;
  const requests = Object.values(tally.outcomes).reduce((sum, some) => sum + some, 0);
  const seconds = elapsedMs / 1000;
  return [
    `${whole(schedules)} schedules in ${whole(seconds)} s (${whole(schedules / seconds)}/s)`,
    `${whole(simulatedMs / 3_600_000)} simulated hours`,
    `${whole(requests)} requests: ${counts(tally.outcomes)}`,
    `faults: ${counts(tally.faults)}`,
    `${whole(states.size)} distinct states (clients x group x circuit breaker x servers)`,
    `bugs: ${bugs}`,
  ].join('\n');
}

function counts(of: Record<string, number>): string {
  return Object.entries(of)
    .sort(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${whole(count)}`)
    .join(', ');
}

/** Where a run of many schedules stands, in one line. */
export function formatProgress(done: number, total: number, elapsedMs: number, bugs: number): string {
  const rate = done / Math.max(elapsedMs / 1000, 0.001);
  const left = done === 0 ? '?' : duration((total - done) / rate);
  const percent = ((100 * done) / total).toFixed(1);
  return `${whole(done)}/${whole(total)} (${percent}%) | ${whole(rate)}/s | ${left} left | ${bugs} bugs`;
}

function duration(seconds: number): string {
  const rounded = Math.round(seconds);
  const [h, m, s] = [Math.floor(rounded / 3600), Math.floor(rounded / 60) % 60, rounded % 60];
  return h > 0 ? `${h} h ${m} min` : m > 0 ? `${m} min ${s} s` : `${s} s`;
}
