import { describe, expect, it } from 'vitest';
import { RoundTrips } from '../../../src/cli/round-trips.ts';

/** The summary of these round trips. */
function summaryOf(times: readonly number[]) {
  const trips = new RoundTrips();
  for (const ms of times) {
    trips.sent++;
    trips.add(ms);
  }
  return trips.summary();
}

describe('the summary of round trips', () => {
  it('has the least, the mean, the largest, and percentiles by the nearest rank', () => {
    const times = Array.from({ length: 200 }, (_, at) => 200 - at);
    expect(summaryOf(times)).toEqual({
      sent: 200,
      received: 200,
      minMs: 1,
      avgMs: 100.5,
      maxMs: 200,
      p50Ms: 100,
      p99Ms: 198,
    });
    expect(summaryOf([0.12345])).toMatchObject({
      minMs: 0.123,
      avgMs: 0.123,
      maxMs: 0.123,
      p50Ms: 0.123,
      p99Ms: 0.123,
    });
  });

  it('of none is no time', () => {
    expect(JSON.stringify(summaryOf([]))).toBe('{"sent":0,"received":0}');
  });

  it('of very many keeps the last ones only for its percentiles', () => {
    const times = Array.from({ length: 150_000 }, (_, at) => (at < 50_000 ? 9 : 1));
    expect(summaryOf(times)).toMatchObject({ received: 150_000, maxMs: 9, p99Ms: 1 });
  });
});
