import { expect, it } from 'vitest';
import { optionNames } from '../../../../src/base/options/check.ts';
import { createSender, defineProtocol, serve } from '../../../../src/index.ts';
import { simulate } from '../../../../src/testing.ts';
import { calc } from '../../../e2e/support/calc.ts';

it.each([
  ['the options of createSender()', "createSender() has no option 'signal'; it accepts 'address'"],
  [`option 'reconnect'`, "option 'reconnect' has no option 'signal'; it accepts 'address'"],
])('A7: the message of an option that does not exist is a sentence: of %s', (where, message) => {
  expect(() => optionNames(where, { signal: 1 }, ['address'])).toThrow(
    expect.objectContaining({ code: 'invalid-argument', message }),
  );
});

it('V11: the name of an option that does not exist is shown escaped and cut', () => {
  const name = `\x1b${'x'.repeat(1_000)}`;
  const refused = () => optionNames('the options of a send', { [name]: 1 }, []);
  expect(refused).toThrow(/^a send has no option '\\u001bx{1,60}\.\.\.'; it accepts none$/);
});

const MANY = Array.from({ length: 31 }, (_, index) => `option${'abcdefghijklmnopqrstuvwxyz12345'[index]}`.repeat(2));

it.each([
  ['adress', ['address', 'clients'], "did you mean 'address'?"],
  ['ADDRESS', ['address', 'clients'], "did you mean 'address'?"],
  ['timeout', ['timeoutMs', 'multiTimeoutMs'], "did you mean 'timeoutMs'?"],
  ['url', ['address', 'clients'], "it accepts 'address', 'clients'"],
])('A7: a misspelt option is told the one that was meant: %s', (name, names, advice) => {
  const refused = () => optionNames('the options of createSender()', { [name]: 1 }, names);
  expect(refused).toThrow(new RegExp(`^createSender\\(\\) has no option '${name}'; ${advice.replace('?', '\\?')}$`));
});

it('A7: of many names that are not near a few are listed', () => {
  expect(() => optionNames('link', { url: 1 }, MANY)).toThrow(
    /^link has no option 'url'; it accepts ('\w+', ){10}'\w+' and 20 more$/,
  );
});

it.each([
  ['createSender()', () => createSender(calc, { adress: 'localhost:9000' } as never), 'address'],
  [
    'createSender(): keepalive',
    () => createSender(calc, { address: 'a:1', keepalive: { time: 1 } } as never),
    'timeMs',
  ],
  ['createSender(): reconnect', () => createSender(calc, { address: 'a:1', reconnect: { max: 1 } } as never), 'maxMs'],
  ['createSender(): tls', () => createSender(calc, { address: 'a:1', tls: { certs: '' } } as never), 'cert'],
  [
    'createSender(): circuitBreaker',
    () => createSender(calc, { address: 'a:1', circuitBreaker: { windowsize: 1 } } as never),
    'windowSize',
  ],
  ['serve()', () => serve(calc, undefined, {} as never, { prot: 1 } as never), 'port'],
  ['defineProtocol()', async () => defineProtocol({ result: {}, commands: {} } as never), 'results'],
  ['simulate()', () => simulate(1, () => undefined, { startAt: 1 } as never), 'startAtMs'],
])('A7: so is one of %s', async (_, refused, meant) => {
  await expect(refused()).rejects.toMatchObject({
    code: 'invalid-argument',
    message: expect.stringContaining(`; did you mean '${meant}'?`),
  });
});
