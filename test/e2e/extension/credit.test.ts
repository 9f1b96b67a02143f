import { describe, expect, it } from 'vitest';
import { standstill } from '../client/rows.ts';
import { failureOf, soon } from '../client/stage.ts';
import { begun, creditStage, lists, numbersOf, range } from './credit-stage.ts';
import { over, WAYS } from './support.ts';

const { listing, lister } = creditStage();
/** What any stream is granted at first. */
const FIRST = { results: 64, bytes: 32 * 1024 };
const MANY = { name: 'slow', count: 3_000, bytes: 10 };

describe.each(WAYS)('a stream whose consumer is slow, over %s', (way) => {
  async function both() {
    const { server: options, sender: own } = await over(way);
    const at = await listing(options);
    return { ...at, ...(await lister({ address: at.address, ...own })) };
  }

  it('has its generator advanced as far as it has credit, and on as it is taken', async () => {
    const { sender, of } = await both();
    const { stream } = await begun(sender, 'Yield', MANY);
    const slow = of('slow');
    await soon(() => slow.given).toBe(FIRST.results);
    expect(await standstill(() => slow.given)).toBe(FIRST.results);
    // The first was taken: with these it is half of them.
    for (let n = 2; n <= 32; n++) expect((await stream.next()).value?.n).toBe(n);
    await soon(() => slow.given).toBe(32 + 2 * FIRST.results);
    expect(await numbersOf(stream)).toEqual(range(33, MANY.count));
  });

  it.each(['Push', 'Iterate'] as const)('has all in order where they come by %s', async (how) => {
    const { sender, of, done } = await both();
    const { stream } = await begun(sender, how, MANY);
    await soon(() => of('slow').given).toBe(FIRST.results);
    expect(await standstill(() => of('slow').given)).toBe(FIRST.results);
    expect(done).toEqual([]);
    expect(await numbersOf(stream)).toEqual(range(2, MANY.count));
    await soon(() => done).toEqual([`${how} success ${MANY.count}`]);
  });

  it('holds up none of its neighbours on the same connection, and loses nothing', async () => {
    const { sender, of, connections } = await both();
    const { stream } = await begun(sender, 'Yield', MANY);
    await soon(() => of('slow').given).toBe(FIRST.results);
    // More than all that may wait for a stream: of these a connection could not be read on, before.
    const { stream: fast } = await begun(sender, 'Yield', { name: 'fast', count: 1_000, bytes: 64 * 1024 });
    const echoes = Array.from({ length: 200 }, (_, n) => sender.send(lists.Echo(n)));
    expect(await Promise.all(echoes)).toEqual(range(0, 199));
    expect(await numbersOf(fast)).toEqual(range(2, 1_000));
    expect(of('slow').given).toBe(FIRST.results);
    expect(await numbersOf(stream)).toEqual(range(2, MANY.count));
    expect(connections).toEqual([]);
  });

  it('gets Results that are larger than its credit one at a time', async () => {
    const { sender, of } = await both();
    const { stream } = await begun(sender, 'Yield', { name: 'large', count: 12, bytes: 3 * 2 ** 20 });
    const large = of('large');
    for (let n = 2; n <= 12; n++) {
      expect(await standstill(() => large.given, 50)).toBeLessThanOrEqual(n + 1);
      expect((await stream.next()).value?.n).toBe(n);
    }
    expect(await numbersOf(stream)).toEqual([]);
  });

  it('is given by a handler, which is awaited, as by a loop', async () => {
    const { sender, of } = await both();
    const numbers: number[] = [];
    let ahead = 0;
    await sender.sendMulti(lists.Yield(MANY), async ({ n }) => {
      numbers.push(n);
      ahead = Math.max(ahead, of('slow').given - n);
      if (n % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    });
    expect(numbers).toEqual(range(1, MANY.count));
    expect(ahead).toBeLessThanOrEqual(1_024);
  });
});

describe('a handler that waits for credit', () => {
  const TIMELESS = { name: 'slow', count: 1_000_000, bytes: 10 };

  async function waiting(how: 'Yield' | 'Push', options: object = {}) {
    const at = await listing({ maxInFlightCommands: 1 });
    const { sender } = await lister({ address: at.address });
    const { stream } = await begun(sender, how, TIMELESS, options);
    await soon(() => at.of('slow').given).toBe(FIRST.results);
    return { ...at, sender, stream, slow: at.of('slow') };
  }

  it.each(['Yield', 'Push'] as const)('is left where its caller leaves: %s', async (how) => {
    const { sender, stream, slow, done } = await waiting(how);
    await stream.return?.();
    await soon(() => slow.ended).toBe(true);
    expect(slow.given).toBe(FIRST.results);
    // Its place is free: the server has said that it is through.
    expect(await sender.send(lists.Echo('next'))).toBe('next');
    expect(done).toEqual([`${how} cancelled ${FIRST.results}`, 'Echo success 1']);
  });

  it('is left at the deadline', async () => {
    const { sender, stream, slow } = await waiting('Yield', { timeoutMs: 300 });
    expect(await failureOf(numbersOf(stream))).toMatchObject({ code: 'timeout' });
    await soon(() => slow.ended).toBe(true);
    expect(slow.stopped).toMatch(/^(timeout|cancelled)$/);
    expect(await sender.send(lists.Echo('next'))).toBe('next');
  });

  it.each(['Yield', 'Push'] as const)('is left where its connection goes: %s', async (how) => {
    const { sender, slow } = await waiting(how);
    await sender.close();
    await soon(() => slow.ended).toBe(true);
    expect(slow.given).toBe(FIRST.results);
  });

  it('is waited for by shutdown(), and left when its time is over', async () => {
    const { server, stream, slow } = await waiting('Yield');
    await server.shutdown({ timeoutMs: 200 });
    expect(slow.ended).toBe(true);
    expect(await failureOf(numbersOf(stream))).toMatchObject({ code: 'connection-lost' });
  });

  it('comes to its end within shutdown() where it is taken', async () => {
    const at = await listing();
    const { sender } = await lister({ address: at.address });
    const { stream } = await begun(sender, 'Yield', MANY);
    await soon(() => at.of('slow').given).toBe(FIRST.results);
    const shutdown = at.server.shutdown({ timeoutMs: 60_000 });
    expect(await numbersOf(stream)).toEqual(range(2, MANY.count));
    await shutdown;
  });
});

describe('many streams whose consumers are slow', () => {
  it('keep little at their client together, and all go on', async () => {
    const at = await listing();
    const { sender, connections } = await lister({ address: at.address });
    const names = range(1, 200).map(String);
    const asked = (name: string) => ({ name, count: 1_000, bytes: 1_000 });
    const streams = await Promise.all(names.map((name) => begun(sender, 'Yield', asked(name))));
    const given = () => names.reduce((sum, name) => sum + at.of(name).given, 0);
    // Each has 32 KiB, the Result that goes beyond, and what was taken.
    expect(await standstill(given)).toBeLessThanOrEqual(200 * 35);
    expect(await sender.send(lists.Echo('beside'))).toBe('beside');
    for (let n = 2; n <= 200; n++) for (const { stream } of streams) expect((await stream.next()).value?.n).toBe(n);
    // 64 MiB may wait for all together.
    const kept = (await standstill(given)) - 200 * 200;
    expect(kept * 1_000).toBeLessThan(64 * 2 ** 20);
    for (const { stream } of streams) expect(await numbersOf(stream)).toEqual(range(201, 1_000));
    expect(connections).toEqual([]);
  });
});

describe('a stream that is to fail where its consumer is slow', () => {
  it('has no credit: it fails when its bounds are full', async () => {
    const at = await listing();
    const { sender } = await lister({ address: at.address, maxBufferedResults: 300 });
    const { stream } = await begun(sender, 'Yield', MANY, { whenSlow: 'fail' });
    await soon(() => at.of('slow').ended).toBe(true);
    const error = await failureOf(numbersOf(stream));
    expect(error).toMatchObject({ code: 'result-overflow' });
    expect(error.message).toContain("'maxBufferedResults'");
  });

  it('ends well where they are not', async () => {
    const at = await listing();
    const { sender } = await lister({ address: at.address });
    const { stream } = await begun(sender, 'Yield', MANY, { whenSlow: 'fail' });
    expect(await numbersOf(stream)).toEqual(range(2, MANY.count));
  });
});

describe('a handler that does not await what it sends', () => {
  it('has all of a burst sent that is not too much', async () => {
    const at = await listing();
    const { sender } = await lister({ address: at.address });
    expect(await numbersOf(sender.sendMulti(lists.Burst(MANY)))).toEqual(range(1, MANY.count));
  });

  it('fails by overloaded where it is, beside a neighbour that goes on', async () => {
    const at = await listing({ maxBufferedBytes: 1_000_000, onHandlerError: () => undefined });
    const { sender } = await lister({ address: at.address });
    const { stream } = await begun(sender, 'Yield', MANY);
    const burst = { name: 'burst', count: 1_000_000, bytes: 100 };
    const error = await failureOf(numbersOf(sender.sendMulti(lists.Burst(burst))));
    expect(error.message).toContain('must await context.proxy.send()');
    expect(at.of('burst').given).toBeLessThan(30_000);
    expect(await numbersOf(stream)).toEqual(range(2, MANY.count));
  });
});
