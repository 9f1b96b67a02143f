import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { typeText } from '../../../src/cli/type-text.ts';

const number = { type: 'number' };

describe('a JSON Schema in short', () => {
  it.each([
    [{ type: 'object', properties: { a: number, b: number }, required: ['a'] }, '{ a: number, b?: number }'],
    [{ properties: { 'a-b': { type: 'string' } }, required: ['a-b'] }, '{ "a-b": string }'],
    [{ type: 'array', items: { type: 'string' } }, 'string[]'],
    [{ type: 'array', items: { anyOf: [{ type: 'string' }, { type: 'null' }] } }, '(string | null)[]'],
    [{ type: 'array', prefixItems: [number, { type: 'string' }] }, '[number, string]'],
    [{ type: 'array' }, 'unknown[]'],
    [{ type: 'object', additionalProperties: number }, '{ [key: string]: number }'],
    [{ type: 'object' }, 'object'],
    [{ type: ['string', 'null'] }, 'string | null'],
    [{ enum: ['a', 5, null] }, '"a" | 5 | null'],
    [{ const: true }, 'true'],
    [{ oneOf: [{ const: 'a' }, { type: 'integer' }] }, '"a" | integer'],
    [{ allOf: [{ $ref: '#/$defs/Base' }, { type: 'object' }] }, 'Base & object'],
    [{ $ref: '#' }, 'this'],
    [false, 'never'],
    [true, 'unknown'],
    [{}, 'unknown'],
    [undefined, 'unknown'],
    [null, 'unknown'],
    [[], 'unknown'],
    ['text', 'unknown'],
  ])('%j is %s', (schema, text) => {
    expect(typeText(schema)).toBe(text);
  });

  it('of a validator reads as its type', () => {
    const order = z.object({ id: z.uuid(), lines: z.array(z.object({ sku: z.string(), count: z.int() })).optional() });
    expect(typeText(z.toJSONSchema(order))).toBe('{ id: string, lines?: { sku: string, count: integer }[] }');
  });

  it('is bounded, whatever the schema', () => {
    const deep: Record<string, unknown> = {};
    deep.type = 'array';
    deep.items = deep;
    expect(typeText(deep)).toBe('...[][][][][]');
    const wide = {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 99 }, (_, at) => [`k${at}`, number])),
    };
    expect(typeText(wide)).toMatch(/^\{ k0\?: number, .*\.\.\.$/);
    expect(typeText({ enum: Array.from({ length: 99 }, (_, at) => at) })).toBe(
      '0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10 | 11 | 12 | 13 | 14 | 15 | ...',
    );
    expect(typeText({ type: 'x'.repeat(10_000) }).length).toBeLessThanOrEqual(160);
    const schema = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.jsonValue(),
        fc.record(
          {
            type: fc.oneof(fc.constantFrom('object', 'array', 'string'), fc.jsonValue()),
            properties: fc.oneof(fc.dictionary(fc.string(), tie('any')), fc.jsonValue()),
            items: tie('any'),
            anyOf: fc.oneof(fc.array(tie('any')), fc.jsonValue()),
            enum: fc.jsonValue(),
            required: fc.jsonValue(),
            $ref: fc.jsonValue(),
          },
          { requiredKeys: [] },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(schema, (any) => {
        const text = typeText(any);
        expect(text.length).toBeGreaterThan(0);
        expect(text.length).toBeLessThanOrEqual(160);
      }),
      { numRuns: 1_000 },
    );
  });

  it('looks at no more of a schema than it shows, however many types and members that has', () => {
    let listed = 0;
    const type = ['object', ...Array.from({ length: 10_000 }, (_, n) => `t${n % 100}`)];
    const schema = new Proxy(
      { type },
      {
        ownKeys(target) {
          listed++;
          return Reflect.ownKeys(target);
        },
      },
    );
    expect(typeText(schema)).toMatch(/^object \| t0 \| t1 \| .* \| \.\.\.$/);
    expect(listed).toBe(0);
  });
});
