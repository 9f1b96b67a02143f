import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../../bench/load.ts';
import type { Message } from '../../bench/message.ts';
import { type BenchClient, pooled } from '../../bench/system.ts';

const window = { kind: 'window', window: 8, stringLength: 5, durationMs: 60 } as const;
/** Long enough for a machine on which a process waits for its turn. */
const patient = { ...window, durationMs: 250 };
const burst = { kind: 'burst', requests: 50, shortest: 17, longest: 1024 } as const;

const client = (echo: BenchClient['echo']): BenchClient => ({ echo, close: async () => {} });
const afterAWhile = async (message: Message) => delay(2, message);
const never = () => new Promise<Message>(() => {});

describe('a load', () => {
  it('keeps a window of requests under way, and never more', async () => {
    let open = 0;
    let most = 0;
    const result = await run(
      client(async (message) => {
        most = Math.max(most, ++open);
        await delay(2);
        open--;
        return message;
      }),
      patient,
    );
    expect(most).toBe(8);
    expect(result).toMatchObject({ unanswered: 0 });
    expect(result.requests).toBeGreaterThanOrEqual(8);
    expect(result.answered).toBeGreaterThanOrEqual(result.requests);
    expect(result.p50Ms).toBeGreaterThan(0.5);
    expect(result.maxMs).toBeGreaterThanOrEqual(result.p999Ms);
  });

  it('sends all at once, of all lengths', async () => {
    const lengths: number[] = [];
    const result = await run(
      client((message) => {
        lengths.push(message.String.length);
        return afterAWhile(message);
      }),
      burst,
    );
    expect(result).toMatchObject({ requests: 50, answered: 50, unanswered: 0 });
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(17);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1024);
    expect(new Set(lengths).size).toBeGreaterThan(10);
  });

  it.each([window, burst])('counts what is left without an answer: $kind', async (load) => {
    let count = 0;
    const result = await run(
      client((message) => (++count % 10 === 3 ? never() : afterAWhile(message))),
      load,
      20,
    );
    // One of ten never comes back; of the window each that does not holds its place.
    expect(result.unanswered).toBe(load.kind === 'burst' ? 5 : Math.min(8, Math.ceil((count - 2) / 10)));
    expect(result.answered).toBe(count - result.unanswered);
  });

  it.each([window, burst])('has figures where nothing is answered: $kind', async (load) => {
    const all = load.kind === 'window' ? 8 : 50;
    const { cpuUs, peakBytes, elapsedMs, ...rest } = await run(client(never), load, 20);
    const none = { requests: 0, answered: 0, p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
    expect(rest).toEqual({ ...none, unanswered: all });
    expect(Math.min(cpuUs, peakBytes, elapsedMs)).toBeGreaterThanOrEqual(0);
  });

  it('does not take what is answered long after the end for a lower rate', async () => {
    let count = 0;
    const slow = client((message) => (++count === 1 ? delay(1_000, message) : afterAWhile(message)));
    const { elapsedMs, requests, answered } = await run(slow, patient);
    expect(elapsedMs).toBe(patient.durationMs);
    expect(answered).toBeGreaterThan(requests);
  });

  it('fails with the first wrong answer, and with the first request that fails', async () => {
    await expect(
      run(
        client(async (message) => ({ ...message, Int64: 1 })),
        window,
      ),
    ).rejects.toThrow('got {');
    const refuse = () => Promise.reject(new Error('refused'));
    await expect(run(client(refuse), burst)).rejects.toThrow('refused');
  });
});

describe('a pool of clients', () => {
  it('uses its connections in turn, and closes them all', async () => {
    const used: number[] = [];
    const closed: number[] = [];
    let made = 0;
    const startClient = pooled(async () => {
      const id = made++;
      return {
        async echo(message) {
          used.push(id);
          return message;
        },
        close: async () => void closed.push(id),
      };
    });
    const pool = await startClient({ port: 1 }, 3);
    const message = { Bool: true, Int64: 1, String: '', Float64: 1 };
    for (let i = 0; i < 6; i++) await pool.echo(message);
    expect(used.slice(0, 3).toSorted()).toEqual([0, 1, 2]);
    expect(used.slice(3)).toEqual(used.slice(0, 3));
    await pool.close();
    expect(closed.toSorted()).toEqual([0, 1, 2]);
  });
});
