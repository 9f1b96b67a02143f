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
