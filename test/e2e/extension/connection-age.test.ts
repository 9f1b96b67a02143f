import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readGoodbye } from '../../../src/wire/extension/goodbye.ts';
import { failureOf, soon } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';
import { withoutExtension } from '../support/without-extension.ts';
import { ECHO, over, WAYS, work, workStage } from './support.ts';

const { onEnd, workSender, working } = workStage();

/** A server whose connections last for so long, and how many came. */
async function aging(options: Parameters<typeof working>[0] = {}) {
  const came = { connections: 0 };
  const stage = await working({
    maxConnectionAgeMs: 200,
    onConnection: () => {
      came.connections++;
    },
    ...options,
  });
  return { ...stage, came };
}

async function raw(port: number, isGreeted: boolean): Promise<RawClient> {
  const client = await RawClient.open(port);
  onEnd(() => client[Symbol.asyncDispose]());
  if (isGreeted) await client.greet();
  return client;
}

describe.each(WAYS)('connections that last for so long, over %s', (way) => {
  // A handshake of TLS takes both processors for a while: so many connections are not renewed all the time.
  const [clients, enough] = way === 'tls' ? [4, 40] : [12, 300];

  it('are renewed under load, at both servers, and no send fails', async () => {
    const { server, sender } = await over(way);
    const [first, second] = [await aging(server), await aging(server)];
    const lives = () => first.came.connections + second.came.connections;
    const client = await workSender({
      address: [first.address, second.address],
      clients,
      keepalive: false,
      handshakeTimeoutMs: 60_000,
      ...sender,
    });
    let sends = 0;
    const outcomes = new Map<string, number>();
    const note = (outcome: string) => outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    const sendOn = async () => {
      while (lives() < enough) {
        const text = `${++sends}`;
        await sleep(1);
        if (sends % 10 === 0) {
          let rows = 0;
          const stream = client.sendMulti(work.Rows(text), { resultsCount: 5 });
          await stream[Symbol.asyncIterator]().next();
          for await (const row of stream) rows += Number(row.n >= 0);
          note(`${rows} more rows`);
        } else note((await client.send(work.Echo(text))) === text ? 'answered' : 'another answer');
      }
    };
    await Promise.all(Array.from({ length: 2 * clients }, sendOn));
    expect([...outcomes.keys()].toSorted()).toEqual(['4 more rows', 'answered']);
    expect(Math.min(first.came.connections, second.came.connections)).toBeGreaterThan(enough / 6);
    // Those before are closed: as many are left as there are clients.
    await client.close();
    await soon(() => first.server.connections + second.server.connections).toBe(0);
  }, 60_000);
});

describe('a connection that has lasted for so long', () => {
  it('carries what is in flight to its end, beside the one that takes its place', async () => {
    const { address, came, log } = await aging();
    const client = await workSender({ address });
    const rows: number[] = [];
    for await (const { n } of client.sendMulti(work.Rows('a'))) {
      rows.push(n);
      if (came.connections < 3) continue;
      expect(await client.send(work.Echo('b'))).toBe('b');
      break;
    }
    expect(rows).toEqual(rows.map((_, n) => n));
    await soon(() => log.at(-1)).toBe('Rows a through');
    expect(log.filter((line) => line.startsWith('Rows a'))).toEqual([
      'Rows a',
      expect.stringMatching(/^Rows a (cancelled|closed)$/),
      'Rows a through',
    ]);
  });

  it('is closed after the grace, and what was in flight fails as it may have been executed', async () => {
    const lost: unknown[] = [];
    const { address, log } = await aging({
      maxConnectionAgeMs: 100,
      maxConnectionAgeGraceMs: 50,
      onConnectionLost: ({ error }) => lost.push(error?.message),
    });
    const client = await workSender({ address });
    const rows: number[] = [];
    const failure = await failureOf(
      (async () => {
        for await (const { n } of client.sendMulti(work.Rows('a'))) rows.push(n);
      })(),
    );
    expect(failure).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true, command: 'Rows' });
    expect(rows).toEqual(rows.map((_, n) => n));
    await soon(() => log).toEqual(['Rows a', 'Rows a connection-lost', 'Rows a through']);
    expect(lost[0]).toMatch(/was cut off: Commands were in flight 50 ms .* \(option 'maxConnectionAgeGraceMs'\)$/);
  });

  it('is told by GOODBYE what was taken, and ends in order where nothing is in flight', async () => {
    const lost: unknown[] = [];
    const { server } = await aging({ onConnectionLost: ({ error }) => lost.push(error) });
    const client = await raw(server.port, true);
    await client.ask(2, ECHO, 'a');
    await client.closed;
    const told = client.controls.filter(({ name }) => name === 'goodbye').map(({ body }) => readGoodbye(body).lastSeq);
    expect({ told, lost }).toEqual({ told: [2], lost: [] });
  });

  it('has what waits there, undecoded, executed over another one', async () => {
    const { address, came, log, through } = await aging({ maxInFlightCommands: 1 });
    const client = await workSender({ address });
    const controller = new AbortController();
    const running = failureOf(client.send(work.Wait('a'), { signal: controller.signal }));
    await soon(() => log).toEqual(['Wait a']);
    expect(await client.send(work.Echo('b'))).toBe('b');
    expect(came.connections).toBeGreaterThan(1);
    through.open();
    controller.abort();
    await running;
  });

  it('stays where its client has no wire extension', async () => {
    const { address, server, came } = await aging({ maxConnectionAgeMs: 20 });
    const plain = await raw(server.port, false);
    const older = await workSender({ address, transport: withoutExtension() });
    const greeted = await raw(server.port, true);
    await greeted.closed;
    await plain.ask(2, ECHO, 'a');
    expect(plain.controls).toEqual([]);
    expect(await older.send(work.Echo('b'))).toBe('b');
    expect({ came: came.connections, left: server.connections }).toEqual({ came: 3, left: 2 });
  });
});
