import { command, createSender, defineProtocol, result, type Sender } from 'cmd-stream';
import { beforeEach, describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import type { ScriptedPeer } from '../support/scripted-peer.ts';
import { answers, MODES } from './support.ts';

// One rule for all four sends: what returns a promise rejects, what returns a stream throws when its first Result is
// asked for. Nothing throws at once, and nothing is sent.

const { peer, sender } = stage();
const countdown = calc.Countdown({ from: 2 });
const other = defineProtocol({
  results: { Sum: result<number>() },
  commands: { Add: command<{ a: number; b: number }>().returns('Sum') },
});

/** The four sends, with arguments of whatever kind, and in what way each returns. */
type Call = (
  client: Sender<typeof calc>,
  args: { command?: unknown; deadline?: unknown; options?: unknown },
) => unknown;
const soon = () => Date.now() + 5_000;
const promises: Record<string, Call> = {
  send: (client, { command = onePlusOne, options }) => client.send(command as never, options as never),
  sendWithDeadline: (client, { command = onePlusOne, deadline = soon(), options }) =>
    client.sendWithDeadline(command as never, deadline as never, options as never),
  'sendMulti with a handler': (client, { command = countdown, options }) =>
    client.sendMulti(command as never, () => undefined, options as never),
  'sendMultiWithDeadline with a handler': (client, { command = countdown, deadline = soon(), options }) =>
    client.sendMultiWithDeadline(command as never, deadline as never, () => undefined, options as never),
};
const streams: Record<string, Call> = {
  sendMulti: (client, { command = countdown, options }) => client.sendMulti(command as never, options as never),
  sendMultiWithDeadline: (client, { command = countdown, deadline = soon(), options }) =>
    client.sendMultiWithDeadline(command as never, deadline as never, options as never),
};

const bad: [what: string, args: Parameters<Call>[1], message: RegExp][] = [
  ['a Command of another protocol', { command: other.Add({ a: 1, b: 2 }) }, /^Add is a Command of another protocol/],
  ['what is no Command', { command: { name: 'Add', type: 0, payload: {} } }, /takes a Command .*; got an object/],
  ['no Command', { command: null }, /takes a Command .*; got null/],
  ['a bad timeoutMs', { options: { timeoutMs: -5 } }, /'timeoutMs' must be .*; got -5/],
  ['a timeoutMs that is no number', { options: { timeoutMs: Number.NaN } }, /'timeoutMs' must be .*; got NaN/],
  ['a bad signal', { options: { signal: 'now' } }, /'signal' must be an AbortSignal; got "now"/],
  ['a bad waitForReady', { options: { waitForReady: 1 } }, /'waitForReady' must be true or false; got 1/],
  ['an option that does not exist', { options: { deadline: 5 } }, /has no option 'deadline'; it accepts 'signal'/],
  ['options that are no object', { options: 5 }, /options of a send must be an object; got 5/],
];
const badDeadlines: [what: string, args: Parameters<Call>[1], message: RegExp][] = [
  ['a deadline of NaN', { deadline: Number.NaN }, /deadline must be a Date or milliseconds since the epoch; got NaN/],
  ['a deadline that is no date', { deadline: new Date('x') }, /deadline must be .*; got an invalid Date/],
  ['a deadline as text', { deadline: '2030-01-01' }, /deadline must be .*; got "2030-01-01"/],
  ['no deadline', { deadline: null }, /deadline must be .*; got null/],
];
const casesOf = (calls: Record<string, Call>) =>
  Object.entries(calls).flatMap(([name, call]) =>
    [...bad, ...(name.includes('Deadline') ? badDeadlines : [])].map(([what, args, message]) => ({
      name,
      call,
      what,
      args,
      message,
    })),
  );

describe.each(MODES)('arguments that are not acceptable, requests running %s', (_, mode) => {
  let server: ScriptedPeer;
  let client: Sender<typeof calc>;
  beforeEach(async () => {
    server = await peer(answers);
    client = await sender({ address: server.address, ...mode });
  });

  it.each(casesOf(promises))('reject the promise of $name: $what', async ({ call, args, message }) => {
    const returned = call(client, args);
    expect(returned).toBeInstanceOf(Promise);
    const error = await failureOf(returned as Promise<unknown>);
    expect(error).toMatchObject({ code: 'invalid-argument', mayHaveExecuted: false });
    expect(error.message).toMatch(message);
    expect(server.commands).toEqual([]);
  });

  it.each(casesOf(streams))('are thrown by the stream of $name: $what', async ({ call, args, message }) => {
    const stream = call(client, args) as AsyncIterableIterator<unknown>;
    const error = await failureOf(stream.next());
    expect(error).toMatchObject({ code: 'invalid-argument', mayHaveExecuted: false });
    expect(error.message).toMatch(message);
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(server.commands).toEqual([]);
  });

  it('cause no unhandled rejection where nobody reads the stream', async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    client.sendMulti(countdown, { timeoutMs: -5 });
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});

it('resultsCount belongs to the sends with several Results', async () => {
  const { address } = await peer(answers);
  const client = await sender({ address });
  const error = await failureOf(client.send(onePlusOne, { resultsCount: 2 } as object));
  expect(error.message).toContain(`has no option 'resultsCount'`);
  const { value } = await client.sendMulti(countdown, { resultsCount: 1 }).next();
  expect(value).toEqual({ n: 2, last: false });
  await expect(client.sendMulti(countdown, { resultsCount: 0 }).next()).rejects.toThrow(/'resultsCount' .*; got 0/);
});

it('a handler that is no function rejects, since a promise was asked for', async () => {
  const { address } = await peer(answers);
  const client = await sender({ address });
  const call = client.sendMulti as (...args: unknown[]) => Promise<void>;
  const error = await failureOf(call.call(client, countdown, 'handler', { timeoutMs: 5 }));
  expect(error.message).toBe(`option 'handler' must be a function; got "handler"`);
});

it('the options of a send are not changed', async () => {
  const { address } = await peer(answers);
  const client = await sender({ address });
  const { signal } = new AbortController();
  const options = Object.freeze({ timeoutMs: 5_000, waitForReady: true, signal });
  expect(await client.send(onePlusOne, options)).toBe(2);
  await client.sendMulti(countdown, () => undefined, Object.freeze({ ...options, resultsCount: 1 }));
});

it('createSender rejects without a protocol, and for options that are not acceptable', async () => {
  for (const protocol of [undefined, null, {}, 'calc', { Add: () => undefined }]) {
    const error = await failureOf(createSender(protocol as never, { address: 'localhost:1' }));
    expect(error).toMatchObject({ code: 'invalid-argument' });
    expect(error.message).toMatch(/takes a protocol made by defineProtocol\(\); got/);
  }
  const error = await failureOf(createSender(calc, { address: 'localhost:1', clients: 0 }));
  expect(error.message).toMatch(/'clients' .*; got 0/);
});
