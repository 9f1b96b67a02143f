import { expect, it } from 'vitest';
import { failureOf, stage } from '../client/stage.ts';
import { calc, ERROR } from '../support/calc.ts';

const { peer, sender } = stage();

const NOTHING = { failure: undefined, details: undefined, retryAfterMs: undefined };

it.each<[string, unknown, object]>([
  ['is a number', 7, NOTHING],
  ['is no JSON', '{', NOTHING],
  ['has a kind that is none', '{"kind":"__proto__"}', NOTHING],
  ['is longer than any', `{"kind":"failed","details":"${'x'.repeat(1_000_000)}"}`, NOTHING],
  [
    'has fields of wrong types',
    '{"kind":"failed","retryAfterMs":"1","mayHaveExecuted":"no"}',
    { ...NOTHING, failure: 'failed', mayHaveExecuted: true },
  ],
  [
    'has details that would change a prototype',
    '{"kind":"failed","details":{"__proto__":{"isAdmin":true}},"retryAfterMs":1}',
    { failure: 'failed', details: undefined, retryAfterMs: 1 },
  ],
])('what a server says of a failure is taken only where it is right: %s', async (_what, failure, expected) => {
  const server = await peer({
    onCommand: ({ seq, connection }) =>
      connection.result(seq, ERROR, { code: 'command-failed', message: 'a\u001b[2Jb'.repeat(1_000), failure }),
  });
  const client = await sender({ address: server.address });
  const error = await failureOf(client.send(calc.Fail({ message: '' })));
  const { code, failure: kind, details, retryAfterMs, mayHaveExecuted } = error;
  expect({ code, failure: kind, details, retryAfterMs, mayHaveExecuted }).toMatchObject({
    code: 'command-failed',
    ...expected,
  });
  expect(error.message.length).toBeLessThan(1_200);
  expect(error.message).not.toContain('\u001b');
  expect(error.toJSON()).not.toHaveProperty('isAdmin');
});

it('what has given a Result was executed, whatever its handler says then', async () => {
  const server = await peer({
    onCommand({ seq, connection }) {
      connection.result(seq, 1, { n: 1, last: false });
      const failure = '{"kind":"unavailable","mayHaveExecuted":false}';
      connection.result(seq, ERROR, { code: 'command-failed', message: 'no', failure });
    },
  });
  const client = await sender({ address: server.address });
  const error = await failureOf(client.sendMulti(calc.Countdown({ from: 2 }), () => undefined));
  expect(error).toMatchObject({ failure: 'unavailable', mayHaveExecuted: true, retryable: false });
});
