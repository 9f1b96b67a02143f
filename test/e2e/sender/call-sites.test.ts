import { CmdStreamError, type Sender } from 'cmd-stream';
import { expect, it } from 'vitest';
import { failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answers, collect } from './support.ts';

const { peer, sender } = stage();

/** Somebody's code, some calls and turns away from the send. */
async function loadUserProfile(client: Sender<typeof calc>, way: (client: Sender<typeof calc>) => Promise<unknown>) {
  await sleep(1);
  return await askTheService(client, way);
}

async function askTheService(client: Sender<typeof calc>, way: (client: Sender<typeof calc>) => Promise<unknown>) {
  await sleep(1);
  return await way(client);
}

const WAYS: [name: string, way: (client: Sender<typeof calc>) => Promise<unknown>, code: string][] = [
  ['send', (client) => client.send(calc.Wait({ ms: 1 }), { timeoutMs: 20 }), 'timeout'],
  ['sendWithDeadline', (client) => client.sendWithDeadline(calc.Wait({ ms: 1 }), Date.now() + 20), 'timeout'],
  ['send', (client) => client.send(calc.Fail({ message: 'no' })), 'command-failed'],
  ['sendMulti', (client) => collect(client.sendMulti(calc.Wait({ ms: 1 }), { timeoutMs: 20 })), 'timeout'],
  ['sendMulti', (client) => client.sendMulti(calc.Wait({ ms: 1 }), () => undefined, { timeoutMs: 20 }), 'timeout'],
  [
    'sendMultiWithDeadline',
    (client) => collect(client.sendMultiWithDeadline(calc.Wait({ ms: 1 }), Date.now() + 20)),
    'timeout',
  ],
  ['send', (client) => client.send(calc.Wait({ ms: 1 }), { signal: AbortSignal.timeout(10) }), 'cancelled'],
];

it.each(WAYS)('A3: an error of %s says where that was called, if it is asked for (%#)', async (method, way, code) => {
  const { address } = await peer(answers);
  const client = await sender({ address, callSites: true });
  const error = await failureOf(loadUserProfile(client, way));
  expect(error.code).toBe(code);
  const [own = '', site = ''] = String(error.stack).split('    for the send at:\n');
  expect(own).toMatch(/^(CmdStream)?Error: .*\n +at /);
  expect(own).toContain(error.message);
  const frames = site.split('\n').map((frame) => /at (?:async )?(\S+)/.exec(frame)?.[1]);
  expect(frames[0]).toBe(`Sender.${method}`);
  expect(site).toContain('call-sites.test.ts');
  expect(frames).toContain('askTheService');
  expect(frames).toContain('loadUserProfile');
});

it('A3: it does not where that is not asked for', async () => {
  const { address } = await peer(answers);
  const client = await sender({ address });
  const error = await failureOf(loadUserProfile(client, (to) => to.send(calc.Fail({ message: 'no' }))));
  expect(error.stack).not.toContain('for the send at');
});

it('A3: an error that a hook gives to several sends says the last of the places, and only that', async () => {
  const { address } = await peer(answers);
  const refusal = new CmdStreamError('refused', 'not today');
  const frozen = Object.freeze(new CmdStreamError('refused', 'never'));
  const refusals = [refusal, refusal, frozen];
  const hooks = () => ({
    beforeSend: () => {
      throw refusals.shift();
    },
  });
  const client = await sender({ address, callSites: true, hooks });
  const sends = [
    function first() {
      return client.send(onePlusOne);
    },
    function second() {
      return client.send(onePlusOne);
    },
    function third() {
      return client.send(onePlusOne);
    },
  ];
  const errors = [];
  for (const send of sends) errors.push(await failureOf(send()));
  expect(errors).toEqual([refusal, refusal, frozen]);
  expect(String(refusal.stack).match(/for the send at/g)).toHaveLength(1);
  expect(refusal.stack).toMatch(/at second /);
  expect(refusal.stack).not.toMatch(/at first /);
});
