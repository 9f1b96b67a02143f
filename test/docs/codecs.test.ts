import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Codec, json, msgpack } from '../../src/index.ts';
import { type AnyMusSerializer, ord, raw, struct, varint } from '../../src/mus.ts';
import { ROOT } from '../support/compiled.ts';
import { sent as sentByMus } from '../unit/protocol/codec/mus-support.ts';
import { sent } from '../unit/protocol/codec/support.ts';
import { proseLines, section, tableRows } from './markdown.ts';

const page = proseLines(readFileSync(join(ROOT, 'docs/codecs.md'), 'utf8'));

/** The rows of the table under a heading: what stands in each cell, by its column. */
const rowsOf = (heading: string) => tableRows(section(page, heading)).map((cells) => cells.map(({ text }) => text));

/** The value of an expression between backticks. */
function resultOf(cell: string): unknown {
  const [, expression] = /^`(.*)`$/.exec(cell) ?? [];
  if (expression === undefined) throw new Error(`no expression: ${cell}`);
  return new Function('ord', 'raw', 'struct', 'varint', `return ${expression};`)(ord, raw, struct, varint);
}

function check(arrives: string, send: () => unknown): void {
  const [, refusal] = /^refused: (.*)$/.exec(arrives) ?? [];
  if (refusal === undefined) {
    expect(send()).toStrictEqual(resultOf(arrives));
  } else {
    const refused = expect.objectContaining({ code: 'encode-failed', message: expect.stringContaining(refusal) });
    expect(send).toThrow(refused);
  }
}

describe.each<[heading: string, codec: Codec]>([
  ['## `msgpack()`', msgpack()],
  ['## `json()`', json()],
  ["## `json({ int64: 'bigint' })`", json({ int64: 'bigint' })],
])('the table of %s', (heading, codec) => {
  it.each(rowsOf(heading))('is true of %s', (value, _wire, arrives) => {
    check(arrives as string, () => sent(codec, resultOf(value as string)));
  });
});

describe('the table of mus()', () => {
  it.each(rowsOf('## `mus()`'))('is true of %s for %s', (serializer, value, arrives) => {
    check(arrives as string, () =>
      sentByMus(resultOf(serializer as string) as AnyMusSerializer, resultOf(value as string)),
    );
  });
});
