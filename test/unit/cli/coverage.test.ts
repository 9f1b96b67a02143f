import { describe, expect, it } from 'vitest';
import { laidOver } from '../../../src/cli/covered-drawing.ts';
import { coverageOf } from '../../../src/cli/covered-edges.ts';
import { drawnAs } from '../../../src/cli/drawn-transitions.ts';
import { readDrawing, readWalked } from '../../../src/cli/packaged-files.ts';
import { parseScrape } from '../../../src/cli/scrape.ts';
import { SUBJECTS } from '../../../visualizations/draw/machines.ts';
import { readChart } from '../../../visualizations/draw/model.ts';

const walked = await readWalked();
const edge = (chart: string, from: string, event: string, to: string, count = 1) => ({ chart, from, event, to, count });

describe('a scrape', () => {
  it('is read whatever stands between, in whatever order labels stand, and with those that others add', () => {
    const text = [
      '# TYPE cmd_stream_transitions_total counter',
      'cmd_stream_transitions_total{chart="request",from="queued",event="command.sent",to="sent"} 3',
      'cmd_stream_client_pending 1',
      'cmd_stream_transitions_total{to="sent",job="a \\"}\\\\",from="queued",chart="request",event="command.sent"} 1.5e1 1700000000000',
      'cmd_stream_transitions_total{chart="group",from="ready",event="always",to="degraded"} 0\r',
      '',
    ].join('\n');
    expect(parseScrape(text, 'here')).toEqual([edge('request', 'queued', 'command.sent', 'sent', 18)]);
  });

  it.each([
    'cmd_stream_transitions_total 3',
    'cmd_stream_transitions_total{chart="request",from="queued",event="command.sent"} 3',
    'cmd_stream_transitions_total{chart="request",from="queued",event="command.sent",to="sent"} many',
    'cmd_stream_transitions_total{chart="request",from="queued",event="command.sent",to="sent"} -1',
    'cmd_stream_transitions_total{chart="request',
  ])('is refused where it is none: %s', (line) => {
    const message = `here, line 2: cmd_stream_transitions_total must have the labels chart, from, event and to, and a count; got ${line}`;
    expect(() => parseScrape(`\n${line}`, 'here')).toThrow(message);
  });
});

describe('edges of production', () => {
  it('are told apart from those of tests, chart by chart, also of charts that this version does not have', () => {
    const tests = { group: [['ready', 'always', 'degraded']] } as const;
    const both = edge('group', 'ready', 'always', 'degraded');
    const other = edge('group', 'degraded', 'always', 'ready');
    const [flight, group] = coverageOf([both, other, edge('flight', 'a', 'b', 'c')], tests);
    expect(flight).toMatchObject({ chart: 'flight', tests: [], productionOnly: [{ from: 'a' }], testsOnly: [] });
    expect(group).toMatchObject({ production: [both, other], productionOnly: [other], testsOnly: [] });
    expect(coverageOf([], tests)).toMatchObject([{ production: [], testsOnly: [{ from: 'ready' }] }]);
  });

  it.each(SUBJECTS)(
    'of $file stand in its drawing: each that tests walk, and all that is drawn',
    ({ file, machine }) => {
      const edges = (walked[file] ?? []).map(([from, event, to]) => drawnAs(file, { from, event, to }));
      expect(edges.filter((drawn) => drawn.length === 0)).toEqual([]);
      const drawn = new Set(edges.flat().map(({ from, to, event }) => JSON.stringify([from, to, event])));
      const { transitions } = readChart(machine);
      expect(drawn).toEqual(new Set(transitions.map(({ from, to = '', event }) => JSON.stringify([from, to, event]))));
    },
  );
});

describe('a drawing', () => {
  const shown = async (chart: string, edges: Parameters<typeof coverageOf>[0]) => {
    const [coverage] = coverageOf(edges, walked).filter((one) => one.chart === chart);
    return laidOver((await readDrawing(chart)) ?? '', coverage as never);
  };
  const classOf = (svg: string, from: string, to: string) =>
    new RegExp(`<g class="arrow (\\S+)" data-from="${from}" data-to="${to}"`).exec(svg)?.[1];

  it('has each transition in the colour of who walked it, and the counts for whoever points at it', async () => {
    const svg = await shown('request', [
      edge('request', 'queued', 'command.sent', 'sent', 7),
      edge('request', 'receiving', 'result.received', 'receiving', 2),
    ]);
    expect(classOf(svg, 'queued', 'sent')).toBe('walked-both');
    expect(classOf(svg, 'queued', 'failed')).toBe('walked-tests');
    expect(svg).toContain('<title>production: 7 times, from 1 states; tests: from 1</title>');
    expect(svg).toMatch(/data-state="receiving">.*<text class="walked-both" [^>]*data-event="result.received">/);
    expect(svg).not.toContain('class="arrow"');
  });

  it('lets a transition stand out that production has taken from where no test did', async () => {
    const svg = await shown('client', [
      edge('client', 'connected', 'connection.over', 'reconnecting'),
      edge('client', 'connected.steady.home', 'connection.over', 'reconnecting'),
    ]);
    expect(classOf(svg, 'connected', 'reconnecting')).toBe('walked-production');
    expect(svg).toContain('of them by no test');
  });

  it('shows as walked by nobody what not even tests have', async () => {
    const none = { chart: 'request', production: [], tests: [], productionOnly: [], testsOnly: [] };
    expect(classOf(laidOver((await readDrawing('request')) ?? '', none), 'queued', 'sent')).toBe('walked-never');
    expect(await readDrawing('../client')).toBeUndefined();
  });
});
