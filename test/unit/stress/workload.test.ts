import { describe, expect, it } from 'vitest';
import { Workload } from '../../stress/workload/index.ts';
import { add, echo, find, kinds, special } from '../../stress/workload/single.ts';
import { stream } from '../../stress/workload/streams.ts';
import { show, type Work } from '../../stress/workload/work.ts';
import { TestRandom } from '../../support/random.ts';

const works = (seed: number, count = 2000, closes = false): Work[] => {
  const workload = new Workload(new TestRandom(seed), closes);
  return Array.from({ length: count }, () => workload.next());
};
const summary = ({ kind, command, timeoutMs, abortAfterMs, leaveAfter }: Work) =>
  show([kind, command.payload, timeoutMs, abortAfterMs, leaveAfter]);

describe('the workload', () => {
  it('is repeated by its seed, and by no other', () => {
    expect(works(1).map(summary)).toEqual(works(1).map(summary));
    expect(works(1).map(summary)).not.toEqual(works(2).map(summary));
  });

  it('has every kind of work, each Command with an id of its own', () => {
    const all = works(3);
    expect(new Set(all.map(({ kind }) => kind)).size).toBe(13);
    expect(all.map(({ command }) => (command.payload as { Id: number }).Id)).toEqual(all.map((_, index) => index + 1));
  });

  it('has handlers fail rarely where that costs the connection', () => {
    const failing = (closes: boolean) => works(4, 5000, closes).filter(({ kind }) => kind === 'failing').length;
    expect(failing(false)).toBeGreaterThan(25);
    expect(failing(true)).toBeLessThan(10);
  });
});

describe('what is expected', () => {
  const random = () => new TestRandom(5);
  const payloadOf = ({ command: { payload } }: Work) =>
    payload as {
      A: number;
      B: number;
      Data: Uint8Array;
      Text: string;
      Key: string;
      From: number;
      Time: Date;
      Bytes: Uint8Array;
    };

  it('of an Add is its sum', () => {
    const work = add(7, random());
    const { A, B } = payloadOf(work);
    expect(work.check(A + B, 0)).toBeUndefined();
    expect(work.check(A + B + 1, 0)).toContain('expected');
  });

  it('of an Echo are its bytes and its text', () => {
    const work = echo(7, random());
    const { Data, Text } = payloadOf(work);
    const right = { Data: Buffer.from(Data).toString('base64'), Text };
    expect(work.check(right, 0)).toBeUndefined();
    expect(work.check({ ...right, Text: `${Text}?` }, 0)).toContain('Text: expected');
    expect(work.check({ ...right, Data: 'AAAA' }, 0)).toContain('Data: expected');
  });

  it('of a Find is one of two Result types', () => {
    const all = Array.from({ length: 50 }, (_, index) => find(index, new TestRandom(index)));
    const apple = all.find((work) => payloadOf(work).Key === 'apple') as Work;
    const found = { type: 'Found', value: { Key: 'apple', Count: 3, Tags: ['fruit', 'red'] } };
    expect(apple.check(found, 0)).toBeUndefined();
    expect(apple.check({ type: 'Missing', value: { Key: 'apple' } }, 0)).toContain('type: expected "Found"');
  });

  it('of Kinds is every field, and only the wrong one is told', () => {
    const work = kinds(7, random());
    const { Id: _, ...payload } = { Id: 0, ...payloadOf(work) };
    const right = { ...payload, Time: payload.Time.toISOString() };
    const bytes = Buffer.from(payload.Bytes).toString('base64');
    expect(work.check({ ...right, Bytes: bytes }, 0)).toBeUndefined();
    expect(work.check({ ...right, Bytes: bytes, Byte: 999 }, 0)).toMatch(/^Byte: expected \d+, got 999$/);
  });

  it('of -0 is no 0', () => {
    const work = special(7, random());
    expect(work.check(-0, 0)).toBeUndefined();
    expect(work.check(0, 0)).toBe('expected "-0", got "0"');
  });

  it('of a stream is each Tick at its place', () => {
    const work = stream(7, random());
    const { From } = payloadOf(work);
    expect(work.check({ N: From, Last: false }, 0)).toBeUndefined();
    expect(work.check({ N: 1, Last: true }, From - 1)).toBeUndefined();
    expect(work.check({ N: From - 1, Last: false }, 0)).toContain(`N: expected ${From}`);
    expect(work.check({ N: 1, Last: false }, From - 1)).toContain('Last: expected true');
    expect(work.check({ N: From, Last: true }, 0)).toContain('Last: expected false');
  });
});
