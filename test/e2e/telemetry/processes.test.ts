import { expect, it } from 'vitest';
import { program } from '../../support/program.ts';
import { type Running, start } from '../../support/run.ts';
import type { SpanLine } from './fixtures/tracing.ts';

/** Starts one of the processes by plain Node. */
const started = (name: string, ...args: string[]) =>
  start(process.execPath, [program(new URL(`./fixtures/${name}.ts`, import.meta.url)), ...args]);
const addressOf = async (server: Running) => (await server.says(/^listening at (.*)$/m))[1] as string;

interface Seen extends SpanLine {
  /** The process whose span it is. */
  readonly by: string;
}

/** The spans that a process has written whole. */
const spansOf = (by: string, { stdout }: Running): Seen[] =>
  stdout
    .slice(0, stdout.lastIndexOf('\n') + 1)
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => ({ by, ...(JSON.parse(line) as SpanLine) }));

/** Spans below a span, a line each, in the order of their names. */
const tree = (spans: readonly Seen[], parent: string | undefined, indent = ''): string[] =>
  spans
    .filter(({ parentSpanId }) => parentSpanId === parent)
    .map((span) => ({
      ...span,
      text: [span.by, span.kind, span.name, span.code, span.status].filter(Boolean).join(' '),
    }))
    .sort((a, b) => (a.text < b.text ? -1 : 1))
    .flatMap(({ text, spanId }) => [indent + text, ...tree(spans, spanId, `${indent}  `)]);

const EXPECTED = `
front INTERNAL visit UNSET
  front CLIENT shop/Echo OK UNSET
    middle SERVER shop/Echo OK UNSET
      middle INTERNAL look up UNSET
        middle CLIENT shop/Echo OK UNSET
          back SERVER shop/Echo OK UNSET
  front CLIENT shop/Fail command-failed ERROR
    middle SERVER shop/Fail command-failed ERROR
      middle CLIENT shop/Fail command-failed ERROR
        back SERVER shop/Fail command-failed ERROR
  front CLIENT shop/Rows OK UNSET
    middle SERVER shop/Rows OK UNSET
      middle CLIENT shop/Rows OK UNSET
        back SERVER shop/Rows OK UNSET
      middle INTERNAL row 1 UNSET
      middle INTERNAL row 2 UNSET`
  .trim()
  .split('\n');

it('three processes that plain Node starts have one trace', async () => {
  await using back = started('back');
  await using middle = started('middle', await addressOf(back));
  await using front = started('front', await addressOf(middle));
  expect(await front.ended).toMatchObject({ code: 0, stderr: '' });
  const spans = () => [...spansOf('front', front), ...spansOf('middle', middle), ...spansOf('back', back)];
  await expect.poll(() => spans().length).toBeGreaterThanOrEqual(EXPECTED.length);
  expect(tree(spans(), undefined)).toEqual(EXPECTED);
  expect(new Set(spans().map(({ traceId }) => traceId)).size).toBe(1);
  expect([middle.stderr, back.stderr]).toEqual(['', '']);
});
