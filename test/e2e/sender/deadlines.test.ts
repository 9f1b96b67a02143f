import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { failureOf, onePlusOne, sleep, stage, timed } from '../client/stage.ts';
import { calc, SUM, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { answers, collect, MODES } from './support.ts';

const { peer, sender } = stage();
const countdown = calc.Countdown({ from: 3 });

/** Answers `Add` after a while. */
const slowly = (ms: number) => ({
  onCommand: ({ seq, connection }: PeerCommand) => void setTimeout(() => connection.result(seq, SUM, 2), ms),
});

describe.each(MODES)('the deadline of a send, requests running %s', (_, mode) => {
  it('that has passed sends nothing, and asks no hook', async () => {
    const server = await peer(answers);
    let asked = 0;
    const hooks = () => ({ beforeSend: () => void asked++ });
    const client = await sender({ address: server.address, hooks, ...mode });
    const past = Date.now() - 1;
    const failures = [
      client.sendWithDeadline(onePlusOne, past),
      client.sendWithDeadline(onePlusOne, new Date(past)),
      client.sendWithDeadline(onePlusOne, past, { timeoutMs: 5_000 }),
      client.sendWithDeadline(onePlusOne, Number.NEGATIVE_INFINITY),
      client.send(onePlusOne, { timeoutMs: 0 }),
      client.sendMultiWithDeadline(countdown, past, () => undefined),
      collect(client.sendMultiWithDeadline(countdown, past)),
      collect(client.sendMulti(countdown, { timeoutMs: 0 })),
    ];
    for (const failure of failures) {
      const error = await failureOf(failure);
      expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
      expect(error.message).toMatch(
        /^(Add|Countdown) was not answered by its deadline(, which had passed \d+ ms before)?; it was not sent$/,
      );
    }
    expect(asked).toBe(0);
    await client.send(onePlusOne);
    expect(server.commands).toHaveLength(1);
  });

  it('that is a duration in truth says how long ago it had passed', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address, ...mode });
    const agoMs = Date.now() - 500;
    for (const failure of [
      client.sendWithDeadline(onePlusOne, 500),
      collect(client.sendMultiWithDeadline(countdown, 500)),
    ]) {
      const { message } = await failureOf(failure);
      expect(message).toMatch(
        /by its deadline, which had passed \d+ ms before \(a deadline is a point in time; for a duration there is 'timeoutMs'\); it was not sent$/,
      );
      expect(Number(/passed (\d+) ms/.exec(message)?.[1])).toBeGreaterThanOrEqual(agoMs);
    }
  });

  it('is by default the one of the sender', async () => {
    const { address } = await peer({});
    const client = await sender({ address, timeoutMs: 40, multiTimeoutMs: 80, ...mode });
    const message = (ms: number) => expect.stringContaining(`by its deadline (after ${ms} ms)`);
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'timeout', message: message(40) });
    const stream = collect(client.sendMulti(countdown));
    expect(await failureOf(stream)).toMatchObject({ code: 'timeout', message: message(80) });
  });

  it('is the earlier one of deadline and timeoutMs', async () => {
    const { address } = await peer({});
    const client = await sender({ address, ...mode });
    const failures = [
      client.sendWithDeadline(onePlusOne, Date.now() + 60, { timeoutMs: 20_000 }),
      client.sendWithDeadline(onePlusOne, Date.now() + 20_000, { timeoutMs: 60 }),
      client.sendMultiWithDeadline(countdown, Date.now() + 60, () => undefined, { timeoutMs: 20_000 }),
      client.sendMultiWithDeadline(countdown, Date.now() + 20_000, () => undefined, { timeoutMs: 60 }),
    ];
    const startMs = performance.now();
    expect(await timed(() => Promise.all(failures.map(failureOf)))).toBeLessThan(2_000);
    expect(performance.now() - startMs).toBeGreaterThanOrEqual(55);
  });

  it('of the caller takes the place of the default, be it later or never', async () => {
    const { address } = await peer(slowly(120));
    const client = await sender({ address, timeoutMs: 20, ...mode });
    const sums = await Promise.all([
      client.sendWithDeadline(onePlusOne, Date.now() + 5_000),
      client.sendWithDeadline(onePlusOne, new Date(Date.now() + 5_000)),
      client.sendWithDeadline(onePlusOne, Number.POSITIVE_INFINITY),
      client.send(onePlusOne, { timeoutMs: 5_000 }),
      client.send(onePlusOne, { timeoutMs: Number.POSITIVE_INFINITY }),
    ]);
    expect(sums).toEqual([2, 2, 2, 2, 2]);
  });

  it('covers all Results of a stream together', async () => {
    const { address } = await peer({
      onCommand: async ({ seq, connection }) => {
        for (let n = 9; connection.socket.writable; n--) {
          connection.result(seq, TICK, { n, last: false });
          await sleep(20);
        }
      },
    });
    const client = await sender({ address, ...mode });
    const seen: unknown[] = [];
    const error = await failureOf(client.sendMulti(countdown, (tick) => seen.push(tick), { timeoutMs: 150 }));
    expect(error).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
    expect(seen.length).toBeGreaterThanOrEqual(1);
    expect(seen.length).toBeLessThanOrEqual(8);
  });

  it('counts from the call, whatever a hook takes of the time', async () => {
    const server = await peer({});
    const clock = new VirtualClock();
    const hooks = () => ({ beforeSend: () => clock.advance(40) });
    const client = await sender({ address: server.address, clock, hooks, ...mode });
    const outcome = failureOf(client.send(onePlusOne, { timeoutMs: 50 }));
    await expect.poll(() => server.commands.length).toBe(1);
    clock.advance(9);
    clock.advance(1);
    expect(await outcome).toMatchObject({ code: 'timeout' });
    expect(clock.monotonicMs()).toBe(50);
  });

  it('is not moved by an operator who sets the clock of the machine', async () => {
    const server = await peer({});
    const clock = new VirtualClock();
    const client = await sender({ address: server.address, clock, ...mode });
    let settled = false;
    const outcome = failureOf(client.sendWithDeadline(onePlusOne, clock.now() + 100)).then((error) => {
      settled = true;
      return error;
    });
    clock.wallOffsetMs += 3_600_000;
    clock.advance(99);
    await sleep(10);
    expect(settled).toBe(false);
    clock.advance(1);
    expect(await outcome).toMatchObject({ code: 'timeout' });
  });
});
