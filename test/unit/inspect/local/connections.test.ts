import { createSender, serve } from 'cmd-stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { InspectionEvent } from 'xstate';
import { systemClock } from '../../../../src/base/clock.ts';
import { MACHINES, type MachineId, type ShownMachine } from '../../../../src/inspect/local/machines.ts';
import { Inspection } from '../../../../src/inspect/local/record.ts';
import { KEPT, type ShownActor } from '../../../../src/inspect/local/shown.ts';
import { memoryTransport } from '../../../../src/wire/transport/memory.ts';
import { calc } from '../../../e2e/support/calc.ts';
import { until } from '../../wire/transport/support.ts';

/** A script of the page: it is checked with the types of a browser, not here. */
const script = (name: string) => import(new URL(`../../../../src/inspect/local/page/${name}`, import.meta.url).href);
const { shortState }: { shortState(actor: ShownActor): string } = await script('actors.js');
const { toneOf }: { toneOf(actor: ShownActor, machine: ShownMachine): string } = await script('store.js');

/** A sender under inspection, its server in the same process. */
async function inspected(clients: number) {
  const transport = memoryTransport();
  const answers: (() => void)[] = [];
  const handlers = {
    Add: ({ a, b }: { a: number; b: number }) => a + b,
    async *Countdown({ from }: { from: number }) {
      for (let n = from; n > 0; n--) {
        yield { n, last: n === 1 };
        await new Promise<void>((resolve) => answers.push(resolve));
      }
    },
    Echo: (text: string) => text,
    Find: ({ key }: { key: string }) => ({ type: 'Missing' as const, value: { key } }),
    Fail: () => 0,
    Wait: () => new Promise<number>((resolve) => answers.push(() => resolve(1))),
  };
  // It does not hear of what is given up, so that its connections have something to tell.
  const options = { transport, host: 'localhost', goClients: true };
  const start = (port: number) => serve(calc, null, handlers, { ...options, port });
  const server = await start(9_000);
  const inspection = new Inspection(systemClock, () => {});
  const sender = await createSender(calc, {
    address: server.address,
    transport,
    clients,
    reconnect: { initialMs: 1, maxMs: 2 },
    // Requests say nothing here: what a connection tells must be seen without them.
    inspect: { observer: (event: InspectionEvent) => inspection.see(event), everyNth: 1_000_000 },
  });
  onTestFinished(async () => {
    for (const answer of answers) answer();
    await sender.close();
    await server.close();
  });
  const connections = () => inspection.all().actors.filter(({ machine }) => machine === 'connection');
  return { server, start, sender, inspection, connections, answers };
}

describe('connections in the local inspector', () => {
  it('stand behind their clients, and their changes under the names of both', async () => {
    const { inspection, connections } = await inspected(2);
    await until(() => connections().length === 2, 'two connections');
    const { actors, transitions } = inspection.all();
    const nameOf = (id: string | undefined) => actors.find((actor) => actor.id === id)?.name;
    expect(connections().map(({ name, client }) => [nameOf(client), name])).toEqual([
      ['client 0 @ localhost:9000', 'connection 1 @ localhost:9000'],
      ['client 1 @ localhost:9000', 'connection 1 @ localhost:9000'],
    ]);
    expect(connections()[0]?.states).toEqual(['open.keepalive.resting', 'open.use.accepting.fresh']);
    expect(transitions.map(({ name, cause }) => `${name}: ${cause}`)).toContain(
      'client 1 · connection 1 @ localhost:9000: start',
    );
  });

  it('tell what is pending there now, though no Command passes their machines', async () => {
    const { sender, inspection, connections, answers } = await inspected(1);
    await until(() => connections().length === 1, 'the connection');
    const told = () => inspection.takeChanges().actors.find(({ machine }) => machine === 'connection')?.facts;
    expect(told()).toEqual(['0 pending']);
    const stream = sender.sendMulti(calc.Countdown({ from: 3 }))[Symbol.asyncIterator]();
    const waiting = sender.send(calc.Wait({ ms: 1 }));
    await stream.next();
    expect(told()).toEqual(['2 pending']);
    expect(told()).toBeUndefined();
    answers.at(-1)?.();
    answers[0]?.();
    await waiting;
    await stream.return?.();
    // The one that was left makes it worn, in time: it is replaced then.
    await until(() => told()?.join() === '0 pending,1 abandoned', 'what was left');
  });

  it('crowd nothing: one that is gone is forgotten, and is the first to make room', async () => {
    const { server, start, connections, inspection } = await inspected(1);
    await until(() => connections().length === 1, 'the connection');
    let running = server;
    onTestFinished(() => running.close());
    for (let n = 2; n < 12; n++) {
      await running.close();
      running = await start(9_000);
      await until(() => connections().some(({ name }) => name.startsWith(`connection ${n} `)), `connection ${n}`);
      expect(connections()).toHaveLength(1);
    }
    expect(inspection.takeChanges().gone).toHaveLength(10);
    expect(inspection.all().actors.map(({ machine }) => machine)).toEqual([
      'addresses',
      'group',
      'client',
      'connection',
    ]);
  });

  it('leave room for the groups and clients where there are more actors than are kept', async () => {
    const clients = KEPT.actors - 10;
    const { inspection, sender } = await inspected(clients);
    await until(() => sender.status.clients.every(({ state }) => state === 'ready'), 'all clients');
    const machines = inspection.all().actors.map(({ machine }) => machine);
    expect(machines.filter((machine) => machine === 'client')).toHaveLength(clients);
    expect(machines).toContain('group');
    expect(machines).toHaveLength(KEPT.actors);
  });
});

it.each([
  [['open.keepalive.resting', 'open.use.accepting.fresh'], 'good', 'accepting'],
  [['open.keepalive.pinging.waiting', 'open.use.accepting.fresh'], 'good', 'pinging, accepting'],
  [['open.keepalive.resting', 'open.use.accepting.worn'], 'good', 'worn'],
  [['open.keepalive.resting', 'open.use.accepting.renewing'], 'good', 'renewing'],
  [['open.keepalive.resting', 'open.use.retired'], 'wait', 'retired'],
  [['open.keepalive.pinging.overdue', 'open.use.leaving'], 'wait', 'pinging, leaving'],
  [['closing'], 'wait', 'closing'],
])('a connection in %j is shown as %s: %s', (states, tone, text) => {
  const actor = { machine: 'connection', states, isDone: false } as unknown as ShownActor;
  expect([toneOf(actor, MACHINES.connection), shortState(actor)]).toEqual([tone, text]);
});

it.each<[MachineId, string, tone: string, text: string]>([
  ['group', 'ready', 'good', 'ready'],
  ['group', 'degraded', 'wait', 'degraded'],
  ['group', 'unavailable', 'bad', 'unavailable'],
  ['client', 'connected.full', 'good', 'ready'],
  ['client', 'reconnecting.waiting', 'wait', 'reconnecting'],
  ['circuitBreaker', 'closed', 'good', 'closed'],
  ['circuitBreaker', 'open', 'bad', 'open'],
  ['circuitBreaker', 'halfOpen', 'wait', 'half-open'],
  ['addresses', 'known.resting', 'good', 'known'],
  ['server', 'listening', 'good', 'listening'],
  ['session', 'handshake', 'wait', 'handshake'],
])('an actor of the machine %s in %s is shown as %s: %s', (machine, state, tone, text) => {
  const actor = { machine, states: [state], isDone: false } as unknown as ShownActor;
  expect([toneOf(actor, MACHINES[machine]), shortState(actor)]).toEqual([tone, text]);
  expect(toneOf({ ...actor, isDone: true }, MACHINES[machine])).toBe('ended');
});
