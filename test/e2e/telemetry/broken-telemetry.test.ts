import { setImmediate as eventLoopTurn } from 'node:timers/promises';
import { createSender, memoryTransport, serve, type Telemetry } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

const { expectWarning } = stage();

const fail = () => {
  throw new Error('own mistake');
};
const failLater = async () => fail();
const run = <Value>(call: () => Value) => call();
const ended = () => {};

/** Telemetry whose watchers are these, right or wrong. */
const telemetryOf = (sender: unknown, server: unknown) =>
  ({ ofSender: () => sender, ofServer: () => server }) as unknown as Telemetry;
const withSpan = (span: unknown) => telemetryOf({ sendStarted: () => span }, { commandStarted: () => span });
const unaskable = () => new Proxy({}, { get: fail });
const STARTED = ['sendStarted', 'commandStarted'];
const BEGUN = ['ofSender', 'ofServer'];

// An unhandled rejection fails the run.
describe('telemetry changes nothing', () => {
  it.each<[string, () => Telemetry, string[]]>([
    ['whose watcher is null', () => telemetryOf(null, null), []],
    ['whose watcher is a number', () => telemetryOf(7, 7), BEGUN],
    ['whose watcher cannot be asked', () => telemetryOf(unaskable(), unaskable()), BEGUN],
    ['whose watcher comes too late', () => telemetryOf(failLater(), failLater()), BEGUN],
    ['whose span is null', () => withSpan(null), []],
    ['whose span is a text', () => withSpan('a'), STARTED],
    ['whose span cannot be asked', () => withSpan(unaskable()), STARTED],
    [
      'whose span comes too late',
      () => telemetryOf({ sendStarted: failLater }, { commandStarted: failLater }),
      STARTED,
    ],
    [
      'that is told of ends and rejects',
      () => telemetryOf({ sendEnded: failLater }, { commandEnded: failLater }),
      ['sendEnded', 'commandEnded'],
    ],
    ['whose span is told of the end and rejects', () => withSpan({ run, ended: failLater }), STARTED],
    ['whose span runs and rejects', () => withSpan({ run: failLater, ended }), ['run']],
    ['whose span has null for a Command', () => withSpan({ run, ended, command: null }), ['sendStarted']],
    [
      'whose span has what cannot be read',
      () =>
        withSpan({
          ended,
          get run() {
            return fail();
          },
          get command() {
            return fail();
          },
          get metadata() {
            return fail();
          },
        }),
      ['run', 'sendStarted'],
    ],
  ])('%s', async (_, make, warnings) => {
    for (const what of warnings) expectWarning(`'${what}' of the option 'telemetry' failed`);
    const telemetry = make();
    await using it = await watched({ sender: { telemetry }, server: { telemetry } });
    expect(await it.sender.send(shop.Echo('a'))).toBe('a');
    expect(await it.sender.send(shop.Fail('b')).catch(({ code }) => code)).toBe('command-failed');
    await eventLoopTurn();
  });
});

it('what one of several does wrong is no matter for the others', async () => {
  for (const what of [...STARTED, 'run']) expectWarning(`'${what}' of the option 'telemetry' failed`);
  const told: string[] = [];
  const good = (who: string) => ({
    metadata: { who },
    run<Value>(call: () => Value) {
      told.push(`${who} runs`);
      return call();
    },
    ended: () => void told.push(`${who} ended`),
  });
  const broken = { metadata: { 'No Key': 'a' }, run: fail, ended: fail };
  const received: unknown[] = [];
  const list = (who: string) => [withSpan(broken), withSpan(good(who))];
  await using it = await watched({
    sender: { telemetry: list('sender') },
    server: {
      telemetry: [
        ...list('server'),
        telemetryOf(undefined, {
          commandStarted: ({ metadata }: { metadata: object }) => void received.push(metadata),
        }),
      ],
    },
  });
  expect(await it.sender.send(shop.Echo('a'))).toBe('a');
  expect(told).toEqual(['sender runs', 'server runs', 'server ended', 'sender ended']);
  expect(received).toEqual([{ who: 'sender' }]);
});

it('who watches may ask how things stand before there is anything', async () => {
  const transport = memoryTransport();
  const asked: unknown[] = [];
  const telemetry: Telemetry = {
    ofServer: (server) => void asked.push(server.now(), server.address),
    ofSender: (sender) => void asked.push(sender.now().pending),
  };
  await using server = await serve(shop, null, HANDLERS, { transport, telemetry });
  await using _sender = await createSender(shop, { transport, address: server.address, telemetry });
  expect(asked).toEqual([{ connections: 0, inFlight: 0, heldBytes: 0 }, undefined, 0]);
});

const HANDLERS = {
  Echo: (text: string) => text,
  Fail: (text: string) => text,
  Checked: () => 'fine',
  *Rows() {
    yield { n: 1, last: true };
  },
  Wait: () => 'over',
};
