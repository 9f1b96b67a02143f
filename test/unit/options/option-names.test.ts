import { expect, it } from 'vitest';
import { optionNames } from '../../../src/options/check.ts';

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
