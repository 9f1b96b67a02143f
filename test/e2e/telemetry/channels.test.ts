import { AsyncLocalStorage } from 'node:async_hooks';
import { subscribe, tracingChannel, unsubscribe } from 'node:diagnostics_channel';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ExecuteMessage, SendMessage, StatusMessage } from 'cmd-stream';
import { afterEach, expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

stage();

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

const STEPS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

/** Listens to a tracing channel until the test is over; returns what it has told, step by step. */
function listened<Message>(name: string, describe: (message: Message) => unknown) {
  const told: unknown[][] = [];
  const channel = tracingChannel<object, object>(name);
  const subscribers = Object.fromEntries(
    STEPS.map((step) => [step, (message: object) => void told.push([step, describe(message as Message)])]),
  ) as unknown as Parameters<typeof channel.subscribe>[0];
  channel.subscribe(subscribers);
  ends.push(() => channel.unsubscribe(subscribers));
  return told;
}

const sends = () =>
  listened<SendMessage>('cmd-stream:send', ({ protocol, command, send, outcome }) =>
    [protocol, command, send.seq, outcome === undefined || outcome === 'success' ? outcome : outcome.code].join(' '),
  );
const executions = () =>
  listened<ExecuteMessage>('cmd-stream:execute', ({ command: { command, seq }, outcome, results }) =>
    [command, seq, outcome === undefined || outcome === 'success' ? outcome : outcome.code, results].join(' '),
  );

it('the channels tell of a send and of its Command, from start to end', async () => {
  await using at = await watched();
  const sent = sends();
  const executed = executions();
  await at.sender.send(shop.Echo('a'));
  expect(sent).toEqual([
    ['start', 'shop Echo 0 '],
    ['end', 'shop Echo 1 '],
    ['asyncStart', 'shop Echo 1 success'],
    ['asyncEnd', 'shop Echo 1 success'],
  ]);
  // Its handler is through before anything is awaited.
  expect(executed).toEqual([
    ['start', 'Echo 1  '],
    ['end', 'Echo 1 success 1'],
  ]);
});

it('they tell of what fails, of what is refused, and of streams', async () => {
  await using at = await watched();
  const sent = sends();
  const executed = executions();
  await at.sender.send(shop.Checked({ n: -1 })).catch(() => {});
  await at.sender.send(shop.Echo('a'), { signal: AbortSignal.abort() }).catch(() => {});
  for await (const _ of at.sender.sendMulti(shop.Rows(2)));
  const steps = (told: unknown[][], command: string) =>
    told.filter(([, text]) => String(text).includes(command)).map(([step, text]) => `${step} ${text}`);
  expect(steps(sent, 'Checked')).toEqual([
    'start shop Checked 0 ',
    'end shop Checked 1 ',
    'error shop Checked 1 command-invalid',
    'asyncStart shop Checked 1 command-invalid',
    'asyncEnd shop Checked 1 command-invalid',
  ]);
  expect(steps(sent, 'Echo')).toEqual([
    'start shop Echo 0 ',
    'error shop Echo 0 cancelled',
    'end shop Echo 0 cancelled',
  ]);
  expect(steps(executed, 'Checked')).toEqual([
    'start Checked 1  0',
    'error Checked 1 command-invalid 0',
    'end Checked 1 command-invalid 0',
  ]);
  await expect
    .poll(() => steps(executed, 'Rows'))
    .toEqual(['start Rows 2  ', 'end Rows 2  ', 'asyncStart Rows 2 success 2', 'asyncEnd Rows 2 success 2']);
  expect(steps(sent, 'Rows').at(-1)).toBe('asyncEnd shop Rows 2 success');
});

it('a store that is bound to their start is that of hooks and handlers', async () => {
  const store = new AsyncLocalStorage<string>();
  const send = tracingChannel('cmd-stream:send');
  const execute = tracingChannel('cmd-stream:execute');
  send.start.bindStore(store, () => 'of the send');
  execute.start.bindStore(store, () => 'of the Command');
  ends.push(() => send.start.unbindStore(store));
  ends.push(() => execute.start.unbindStore(store));
  const seen: unknown[] = [];
  await using at = await watched({
    sender: { hooks: () => ({ beforeSend: () => void seen.push(store.getStore()) }) },
    server: {
      invoker: async (_command, _context, next) => {
        await sleep(1);
        seen.push(store.getStore());
        return await next();
      },
    },
  });
  await at.sender.send(shop.Echo('a'));
  expect(seen).toEqual(['of the send', 'of the Command']);
  expect(store.getStore()).toBeUndefined();
});

it('plain channels tell of clients and circuit breakers', async () => {
  const told: string[] = [];
  const tell = (message: unknown) => {
    const { protocol, event } = message as StatusMessage;
    const { type, state } = event as { type: string; state: string };
    told.push(`${protocol} ${type} ${state}`);
  };
  for (const name of ['cmd-stream:client', 'cmd-stream:circuit-breaker']) {
    subscribe(name, tell);
    ends.push(() => unsubscribe(name, tell));
  }
  await using at = await watched({ sender: { circuitBreaker: { windowSize: 1, openDurationMs: 60_000 } } });
  await at.sender.send(shop.Wait(), { timeoutMs: 5 }).catch(() => {});
  await at.sender.close();
  expect(told).toEqual(
    expect.arrayContaining([
      'shop client ready',
      'shop group ready',
      'shop circuit-breaker open',
      'shop client closed',
      'shop group closed',
    ]),
  );
});
