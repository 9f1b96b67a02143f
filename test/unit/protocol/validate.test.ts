import { runInNewContext } from 'node:vm';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Schema } from '../../../src/protocol/definitions.ts';
import { validate } from '../../../src/protocol/validate.ts';

/** A schema of one's own. */
function schemaOf(check: (value: unknown) => ReturnType<StandardSchemaV1['~standard']['validate']>): Schema {
  return { '~standard': { version: 1, vendor: 'test', validate: check } };
}

const countdown = z.object({ from: z.number().int().positive() });

describe('a schema', () => {
  it('gives the value to use, as it was or transformed', () => {
    expect(validate(countdown, { from: 3 })).toEqual({ value: { from: 3 } });
    expect(validate(z.string().transform(Number), '5')).toEqual({ value: 5 });
    expect(validate(z.object({ limit: z.number().default(10) }), {})).toEqual({ value: { limit: 10 } });
  });

  it('that refuses a value says why, and where in the value', () => {
    const { refusal } = validate(countdown, { from: 'three' }) as { refusal: string };
    expect(refusal).toMatch(/^from: .*number/);
    expect(validate(z.object({ users: z.array(z.object({ id: z.string() })) }), { users: [{ id: 5 }] })).toEqual({
      refusal: expect.stringMatching(/^users\.0\.id: /),
    });
    expect(validate(z.string(), 5)).toEqual({ refusal: expect.not.stringMatching(/^: /) });
  });

  it('may name the way to an issue by keys or by path segments', () => {
    const schema = schemaOf(() => ({
      issues: [
        { message: 'too low', path: [{ key: 'users' }, 3, Symbol('age')] },
        { message: 'odd', path: [] },
      ],
    }));
    expect(validate(schema, {})).toEqual({ refusal: 'users.3.Symbol(age): too low; odd' });
  });

  it('tells a few issues of many, in a message of bounded length', () => {
    const many = validate(z.array(z.string()), Array(1000).fill(1)) as { refusal: string };
    expect(many.refusal).toMatch(/^0: .*; 7: [^;]*; and 992 more$/);
    const long = validate(
      schemaOf(() => ({ issues: [{ message: 'x'.repeat(1_000_000) }] })),
      {},
    ) as { refusal: string };
    expect(long.refusal.length).toBeLessThan(1100);
  });

  it('that is asynchronous is awaited; only then is there a promise', async () => {
    const schema = z.string().refine(async (text) => text !== 'taken', 'is taken');
    await expect(
      validate(
        schemaOf(async (value) => ({ value })),
        5,
      ),
    ).resolves.toEqual({ value: 5 });
    await expect(
      validate(
        schemaOf((value) => schema['~standard'].validate(value)),
        'taken',
      ),
    ).resolves.toEqual({ refusal: 'is taken' });
    expect(validate(countdown, { from: 3 })).not.toBeInstanceOf(Promise);
  });

  it('that throws lets its error through', async () => {
    const boom = new Error('boom');
    const throws = schemaOf(() => {
      throw boom;
    });
    expect(() => validate(throws, 5)).toThrow(boom);
    await expect(
      validate(
        schemaOf(async () => {
          throw boom;
        }),
        5,
      ),
    ).rejects.toBe(boom);
  });
});

describe('undefined, which arrives as null', () => {
  it('is what a schema gets that does not take null', async () => {
    expect(validate(z.void(), null)).toEqual({ value: undefined });
    expect(validate(z.object({ limit: z.number() }).optional(), null)).toEqual({ value: undefined });
    expect(validate(z.number().default(7), null)).toEqual({ value: 7 });
    await expect(
      validate(
        schemaOf(async (value) => (value === null ? { issues: [{ message: 'null' }] } : { value })),
        null,
      ),
    ).resolves.toEqual({ value: undefined });
  });

  it('stays null for a schema that takes null', () => {
    expect(validate(z.null(), null)).toEqual({ value: null });
    expect(validate(z.string().nullish(), null)).toEqual({ value: null });
  });

  it('is refused as null by a schema that takes neither', () => {
    expect((validate(countdown, null) as { refusal: string }).refusal).toMatch(/null/);
  });
});

/** A schema that answers whatever it is given to answer. */
const answering = (outcome: unknown) => schemaOf(() => outcome as never);

describe('F5: an answer of a schema', () => {
  const accepts = { value: { amount: 5 } };
  const refuses = { issues: [{ message: 'too low' }] };
  const thenable = (outcome: unknown) => ({
    // biome-ignore lint/suspicious/noThenProperty: that is the subject.
    then: (resolve: (value: unknown) => void) => resolve(outcome),
  });
  const ofAnotherRealm = (outcome: unknown) =>
    runInNewContext('(outcome) => Promise.resolve(outcome)')(outcome) as unknown;
  const callable = (outcome: unknown) => Object.assign(() => {}, thenable(outcome));

  it.each([
    ['of another realm', ofAnotherRealm],
    ["of somebody's own", thenable],
    ['that can be called', callable],
    ['of a subclass', (outcome: unknown) => class extends Promise<unknown> {}.resolve(outcome)],
    ['within a promise', (outcome: unknown) => thenable(thenable(outcome))],
  ])('F5: that is a promise %s is awaited', async (_, promise) => {
    await expect(validate(answering(promise(accepts)), {})).resolves.toEqual({ value: { amount: 5 } });
    await expect(validate(answering(promise(refuses)), {})).resolves.toEqual({ refusal: 'too low' });
    await expect(validate(answering(promise(undefined)), {})).resolves.toEqual({
      refusal: expect.stringContaining("neither a 'value' nor 'issues'"),
    });
  });

  it('F5: counts once, whatever a thenable does afterwards', async () => {
    const twice = (first: unknown, second: unknown) => ({
      // biome-ignore lint/suspicious/noThenProperty: that is the subject.
      then(resolve: (value: unknown) => void, reject: (error: unknown) => void) {
        resolve(first);
        resolve(second);
        reject(new Error('late'));
        throw new Error('later');
      },
    });
    await expect(validate(answering(twice(refuses, accepts)), {})).resolves.toEqual({ refusal: 'too low' });
    const boom = new Error('boom');
    const throws = {
      // biome-ignore lint/suspicious/noThenProperty: that is the subject.
      then() {
        throw boom;
      },
    };
    await expect(validate(answering(throws), {})).rejects.toBe(boom);
  });

  it('F5: that never comes keeps its request waiting, and accepts nothing', async () => {
    // biome-ignore lint/suspicious/noThenProperty: that is the subject.
    const never = Promise.resolve(validate(answering({ then() {} }), {}));
    expect(await Promise.race([never, new Promise((resolve) => setImmediate(resolve, 'waits'))])).toBe('waits');
  });

  it.each<[what: string, outcome: unknown]>([
    ['undefined', undefined],
    ['null', null],
    ['true', true],
    ['a text', 'ok'],
    ['an object of nothing', {}],
    ['no issues and no value', { issues: undefined }],
    ['another word', { ok: true, data: 5 }],
    ['an array', []],
    ['a function', () => ({ value: 5 })],
  ])('F5: of %s is a refusal', async (_, outcome) => {
    const refusal = { refusal: "its schema gave neither a 'value' nor 'issues', as a Standard Schema does" };
    expect(validate(answering(outcome), {})).toEqual(refusal);
    await expect(validate(answering(Promise.resolve(outcome)), {})).resolves.toEqual(refusal);
  });

  it.each<[what: string, issues: unknown, refusal: string | RegExp]>([
    ['null', null, 'its schema refuses it, and does not say why'],
    ['false', false, 'its schema refuses it, and does not say why'],
    ['none', [], 'its schema refuses it, and does not say why'],
    ['of another realm', runInNewContext("[{ message: 'low', path: ['a'] }]"), 'a: low'],
    ['like an array', { length: 1, 0: { message: 'low' } }, 'low'],
    ['a Set', new Set([{ message: 'low' }, { message: 'odd' }]), 'low; odd'],
    ['without an end', Array.from({ length: 20 }, () => ({ message: 'low' })).values(), /^(low; ){8}and some more$/],
    ['odd', [null, 5, { path: 7, message: 'x' }], /an issue that cannot be read/],
    [
      'of getters that throw',
      [
        {
          get message() {
            throw new Error('boom');
          },
        },
      ],
      'an issue that cannot be read: boom',
    ],
  ])('F5: whose issues are %s is a refusal', (_, issues, refusal) => {
    const got = validate(answering({ value: 5, issues }), {}) as { refusal: string };
    expect(got.refusal).toMatch(typeof refusal === 'string' ? new RegExp(`^${refusal}$`) : refusal);
  });

  it('F5: that cannot be read is a refusal', () => {
    const throws = {
      get issues() {
        throw new Error('boom');
      },
    };
    const halfway = {
      issues: undefined,
      get value() {
        throw new Error('boom');
      },
    };
    for (const outcome of [throws, halfway]) {
      expect(validate(answering(outcome), {})).toEqual({ refusal: 'the answer of its schema cannot be read: boom' });
    }
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    expect(() => validate(answering(proxy), {})).toThrow(TypeError);
  });

  it('F5: to the question whether undefined will do must be as clear', async () => {
    const second = (outcome: () => unknown) =>
      schemaOf((value) => (value === null ? refuses : outcome()) as ReturnType<typeof countdown.parse> & never);
    const refusal = { refusal: 'the payload is missing, or null: too low' };
    const throws = () => {
      throw new Error('boom');
    };
    for (const outcome of [() => undefined, () => null, () => ({}), throws]) {
      expect(validate(second(outcome), null)).toEqual(refusal);
    }
    for (const outcome of [thenable({}), Promise.reject(new Error('boom')), ofAnotherRealm(refuses)]) {
      await expect(
        validate(
          second(() => outcome),
          null,
        ),
      ).resolves.toEqual(refusal);
    }
    await expect(
      validate(
        second(() => ofAnotherRealm(accepts)),
        null,
      ),
    ).resolves.toEqual({ value: { amount: 5 } });
  });
});

describe('a payload that is missing', () => {
  it('is said to be, where a schema wants one', () => {
    expect((validate(countdown, null) as { refusal: string }).refusal).toMatch(/^the payload is missing, or null: /);
  });
});
