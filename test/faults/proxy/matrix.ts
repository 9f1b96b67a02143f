import { describe, expect, it } from 'vitest';
import { type Protection, Stage, TIMEOUT_MS } from './stage.ts';
import type { Direction, Toxics } from './toxics.ts';

/** What traffic must come to under a toxic, beside every promise being kept. */
type Harm = 'none' | 'some failures' | 'new connections' | 'any';

const TOXICS: readonly [name: string, toxics: Toxics, harm: Harm][] = [
  ['latency', { latency: { ms: 40, jitterMs: 30 } }, 'none'],
  ['bandwidth', { bandwidth: { bytesPerSecond: 12_000 } }, 'any'],
  ['slow close', { slowClose: { ms: 300 } }, 'none'],
  ['timeout', { timeout: true }, 'some failures'],
  // On a quick network nothing may be under way at that moment, and what comes next waits for another connection.
  ['reset', { reset: { afterMs: 120 } }, 'new connections'],
  ['slicer', { slicer: { bytes: 40, pauseMs: 1 } }, 'any'],
  ['limit data', { limitData: { bytes: 6_000 } }, 'some failures'],
];
const COMBINED: readonly [name: string, toxics: Toxics, harm: Harm][] = [
  ['latency, sliced', { latency: { ms: 20, jitterMs: 20 }, slicer: { bytes: 300, pauseMs: 0 } }, 'any'],
  ['sliced and cut', { slicer: { bytes: 20, pauseMs: 0 }, limitData: { bytes: 3_001 } }, 'some failures'],
  ['late and reset', { latency: { ms: 60, jitterMs: 20 }, reset: { afterMs: 100 } }, 'some failures'],
  ['narrow, closing slowly', { bandwidth: { bytesPerSecond: 30_000 }, slowClose: { ms: 200 } }, 'any'],
];
const WAYS: readonly Direction[][] = [['up'], ['down'], ['up', 'down']];
const CASES = [...TOXICS, ...COMBINED].flatMap(([name, toxics, harm]) =>
  WAYS.map((directions) => ({ name, toxics, harm, directions, way: directions.join(' and ') })),
);
const inAll = (directions: readonly Direction[], toxics: Toxics) =>
  Object.fromEntries(directions.map((direction) => [direction, toxics]));

interface Counts {
  readonly succeeded: number;
  readonly failed: number;
  readonly connections: number;
}

function expectHarm(harm: Harm, { succeeded, failed, connections }: Counts): void {
  if (harm === 'some failures') expect(failed).toBeGreaterThan(0);
  if (harm === 'new connections') expect(connections).toBeGreaterThan(0);
  if (harm === 'none') expect(succeeded).toBeGreaterThan(0);
}

/** Defines the tests of all toxics in all directions, from the start and in mid-traffic. */
export function testEveryToxic(protection: Protection): void {
  describe.concurrent('every promise is kept, and service resumes by itself', { timeout: 60_000 }, () => {
    it.each(CASES)('$name from the start, $way', async ({ toxics, directions }) => {
      await using stage = await Stage.open(protection);
      stage.proxy.set(inAll(directions, toxics));
      await stage.flow(400);
      await stage.expectService();
      await stage.finish();
      // A handshake may take longer than that, and sends wait for the first one: all may have failed, or none.
    });

    it.each(CASES)('$name in mid-traffic, $way', async ({ toxics, harm, directions }) => {
      await using stage = await Stage.open(protection);
      await stage.expectService();
      await stage.flow(60);
      const from = stage.traffic.sends.length;
      const { accepted } = stage.proxy;
      stage.proxy.set(inAll(directions, toxics));
      // Longer than a deadline: what is sent at the start of a partition cannot succeed.
      await stage.flow(TIMEOUT_MS + 100);
      // A busy process sees a deadline late, and may be healed before it has failed anything.
      const isHarmless = () => harm === 'some failures' && stage.countsFrom(from).failed === 0;
      for (let more = 0; more < 50 && isHarmless(); more++) await stage.flow(100);
      const until = stage.traffic.sends.length;
      await stage.expectService();
      await stage.finish();
      expectHarm(harm, { ...stage.countsFrom(from, until), connections: stage.proxy.accepted - accepted });
    });

    it('connections are cut and refused, again and again', async () => {
      await using stage = await Stage.open(protection);
      await stage.expectService();
      for (let count = 0; count < 3; count++) {
        const flow = stage.flow(200);
        await stage.proxy.down();
        await flow;
        await stage.expectService();
      }
      await stage.finish();
      expect(stage.countsFrom(0).failed).toBeGreaterThan(0);
      expect(stage.proxy.accepted).toBeGreaterThanOrEqual(8);
    });
  });

  describe.concurrent('closing is bounded, and fails what is under way honestly', { timeout: 60_000 }, () => {
    it.each(CASES)('$name, $way', async ({ toxics, directions }) => {
      await using stage = await Stage.open(protection);
      await stage.expectService();
      stage.proxy.set(inAll(directions, toxics));
      await stage.flow(120);
      await stage.finish();
    });
  });
}
