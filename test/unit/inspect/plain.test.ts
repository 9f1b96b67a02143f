import { describe, expect, it } from 'vitest';
import { CmdStreamError } from '../../../src/base/errors/cmd-stream-error.ts';
import { HIDDEN, Plain } from '../../../src/inspect/plain.ts';
import { Command } from '../../../src/protocol/command.ts';

const hiding = new Plain(false);
const showing = new Plain(true);

describe('what machines carry, as plain data', () => {
  it('can be written as JSON, whatever it is', () => {
    class Socket {
      readonly secret = 'inside';
    }
    const circle: Record<string, unknown> = { name: 'circle' };
    circle.self = circle;
    const all = {
      ...{ big: 12n, bytes: Buffer.from('abc'), map: new Map([['a', 1]]), set: new Set([1, 2]), at: new Date(0) },
      ...{
        call: () => 1,
        symbol: Symbol('s'),
        socket: new Socket(),
        none: undefined,
        bare: Object.create(null),
        circle,
      },
    };
    const shown = JSON.parse(JSON.stringify(hiding.of(all)));
    expect(shown).toMatchObject({
      ...{ big: '12n', bytes: '[Buffer of 3 bytes]', map: { a: 1 }, set: [1, 2], at: '1970-01-01T00:00:00.000Z' },
      ...{ socket: '[Socket]', bare: {}, circle: { name: 'circle', self: { name: 'circle' } } },
    });
    expect(Object.keys(shown)).not.toEqual(expect.arrayContaining(['call']));
    expect(JSON.stringify(shown)).toContain('"self":"..."');
  });

  it('R1: says of what cannot be read that it cannot, and shows the rest', () => {
    const asked = () => {
      throw new Error('asked');
    };
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    const odd = Object.defineProperty(new CmdStreamError('refused', 'odd'), 'message', { get: asked });
    const named = Object.defineProperty(new Error('named'), 'name', { value: { toString: asked } });
    const getter = Object.defineProperty({}, 'field', { get: asked, enumerable: true });
    const shown = showing.of({ proxy, list: [getter, { toJSON: asked }, 1], odd, named });
    expect(shown).toMatchObject({
      proxy: '(cannot be read)',
      list: ['(cannot be read)', '(cannot be read)', 1],
      odd: { name: 'CmdStreamError', message: 'undefined' },
      named: { message: 'named' },
    });
  });

  it('is no longer than anybody looks at', () => {
    expect(hiding.of(Array.from({ length: 1_000 }, (_, n) => n))).toHaveLength(100);
    const wide = Object.fromEntries(Array.from({ length: 1_000 }, (_, n) => [`k${n}`, n]));
    expect(Object.keys(hiding.of(wide) as object)).toHaveLength(100);
  });

  it('leaves out the value of a Result, unless payloads are asked for', () => {
    const event = { type: 'result.received', resultType: 'Sum', value: { a: 1n }, size: 4, last: true };
    expect(hiding.event(event)).toEqual({ ...event, value: HIDDEN });
    expect(showing.event(event)).toEqual({ ...event, value: { a: '1n' } });
  });

  it('leaves out the payload of a request, unless payloads are asked for', () => {
    const request = { command: new Command('Echo', 0, 'a secret', {}), toJSON: () => ({ command: 'Echo' }) };
    expect(hiding.of(request)).toEqual({ command: 'Echo' });
    expect(showing.of(request)).toEqual({ command: 'Echo', payload: 'a secret' });
  });

  it.each([
    { error: new CmdStreamError('timeout', 'Add was not answered'), isShown: true },
    { error: new CmdStreamError('connect-failed', 'cannot connect'), isShown: true },
    { error: new CmdStreamError('command-failed', 'Add: no user Ann'), isShown: false },
    { error: new CmdStreamError('result-invalid', 'name: got Ann'), isShown: false },
    { error: new CmdStreamError('internal', 'of Ann'), isShown: false },
    { error: new Error('of Ann'), isShown: false },
  ])('shows $error.message: $isShown', ({ error, isShown }) => {
    expect(hiding.of(error)).toMatchObject({ name: error.name, message: isShown ? error.message : HIDDEN });
    expect(showing.of(error)).toMatchObject({ name: error.name, message: error.message });
  });

  it('leaves out what a cause may quote', () => {
    const error = new CmdStreamError('cancelled', 'Add was cancelled', { cause: new TypeError('of Ann') });
    expect(hiding.of(error)).toEqual({
      ...{ name: 'CmdStreamError', code: 'cancelled', message: 'Add was cancelled', mayHaveExecuted: false },
      cause: { name: 'TypeError', message: HIDDEN },
    });
  });
});

describe('megabytes of a peer', () => {
  const MAX_JSON = 500_000;

  it('V7: are cut in every text: of payloads, keys, errors, and what caused them', () => {
    const long = 'x'.repeat(4_000_000);
    const error = new CmdStreamError('command-failed', long, { cause: new Error(long) });
    const shown = showing.of({ long, [long]: 1, error, map: new Map([[long, long]]), said: { toJSON: () => long } });
    const texts: string[] = JSON.stringify(shown).match(/x+\.{3}/g) ?? [];
    expect(texts).toHaveLength(7);
    for (const text of texts) expect(text).toHaveLength(2_000);
  });

  it.each([
    ['many texts', () => Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => 'y'.repeat(10_000)))],
    ['many values', () => Array.from({ length: 100 }, () => Array.from({ length: 100 }, () => Array(100).fill(1)))],
    ['many fields', () => Object.fromEntries(Array.from({ length: 300_000 }, (_, n) => [`k${n}`, n]))],
    ['control characters', () => Array.from({ length: 100 }, () => '\x1b'.repeat(100_000))],
    ['a large number', () => [10n ** 50_000n]],
  ])('V7: are cut as a whole: %s', (_what, make) => {
    expect(JSON.stringify(showing.of(make())).length).toBeLessThan(MAX_JSON);
  });

  it('V7: may have any field', () => {
    const shown = showing.of(JSON.parse('{"constructor":null,"__proto__":{"a":1},"toJSON":2,"message":"m"}'));
    expect(JSON.stringify(shown)).toBe('{"constructor":null,"__proto__":{"a":1},"toJSON":2,"message":"m"}');
  });
});
