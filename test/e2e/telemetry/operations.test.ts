import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSender, memoryTransport, serve } from 'cmd-stream';
import { createMetrics, metricsText } from 'cmd-stream/metrics';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { textOf } from '../../docs/pages.ts';
import { ROOT } from '../../support/compiled.ts';
import { describeWith } from '../../support/tool.ts';
import { stage } from '../client/stage.ts';
import { asked, type Exposed, exposed } from './promql.ts';
import { shop, watched } from './watched.ts';

const { onEnd } = stage();

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string; readonly datasource: unknown }[];
}
interface Dashboard {
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string; readonly type: string }[] };
}
const dashboard: Dashboard = JSON.parse(textOf('docs/operations/dashboard.json'));
const { panels } = dashboard;
const variables = dashboard.templating.list;
const targets = panels.flatMap(({ title, targets = [] }) => targets.map((target) => ({ title, ...target })));

const RULES = join(ROOT, 'docs/operations/alerts.yml');
/** The alerts: expression, and the labels that their texts name. */
const alerts = textOf('docs/operations/alerts.yml')
  .split(/^ +- alert: /m)
  .slice(1)
  .map((text) => ({
    title: /^\w+/.exec(text)?.[0] as string,
    expr: /expr: \|\n((?: {10}.*\n)+)/.exec(text)?.[1] as string,
    told: [...text.matchAll(/\$labels\.(\w+)/g)].map(([, label]) => label as string),
  }));

/** Labels that Prometheus adds to what it scrapes. */
const OF_PROMETHEUS = ['job', 'instance'];

/** The codes of errors, as the page about them lists them. */
const CODES = textOf('docs/errors.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .flatMap((line) => line.split('|')[1]?.match(/[a-z-]+/g) ?? []);

let known: Exposed;

/** What is exposed once something of each kind has happened. */
beforeAll(async () => {
  await using it = await watched({ sender: { circuitBreaker: {} } });
  const { sender, server, metrics } = it;
  await sender.send(shop.Echo('a'));
  await sender.send(shop.Fail('a')).catch(() => {});
  const texts = [metricsText(metrics.sender)];
  await using gone = await watched();
  await gone.sender.close();
  await vi.waitFor(() => expect(metricsText(gone.metrics.server)).toContain('_lost_total{'), { timeout: 60_000 });
  texts.push(metricsText(metrics.server), metricsText(gone.metrics.server));
  await server.close();
  await vi.waitFor(() => expect(sender.status.ready).toBe(0), { timeout: 60_000 });
  texts.push(metricsText(metrics.sender), metricsText(metrics.server), await refusing());
  known = exposed(texts.join(''));
});

/** What a server exposes that refuses its clients. */
async function refusing(): Promise<string> {
  const telemetry = createMetrics();
  const transport = memoryTransport();
  const nothing = { Echo: () => '', Fail: () => '', Checked: () => '', async *Rows() {}, Wait: () => '' };
  const server = await serve(shop, null, nothing, { transport, telemetry, authorize: () => false });
  await createSender(shop, { address: server.address, transport }).then(
    (sender) => sender.close(),
    () => {},
  );
  await server.close();
  return metricsText(telemetry);
}

describe.each([
  { what: 'the dashboard', rows: targets.map(({ title, expr }) => ({ title, expr })) },
  { what: 'the alerts', rows: alerts.map(({ title, expr }) => ({ title, expr })) },
])('$what', ({ rows }) => {
  it('ask for metrics, labels, states and codes that there are', () => {
    expect(rows.length).toBeGreaterThan(5);
    for (const { title, expr } of rows) {
      const { selectors, groups } = asked(expr);
      expect(selectors.length, title).toBeGreaterThan(0);
      for (const { metric, matchers } of selectors) {
        expect([...known.keys()], title).toContain(metric);
        const labels = [...(known.get(metric)?.keys() ?? []), ...OF_PROMETHEUS];
        const used = [...matchers.map(([label]) => label), ...groups];
        expect(labels, title).toEqual(expect.arrayContaining(used));
        for (const [label, value] of matchers) {
          if (label === 'cmd_stream_state') expect([...(known.get(metric)?.get(label) ?? [])], title).toContain(value);
          if (label === 'error_type' && value !== '') expect(CODES, title).toContain(value);
        }
      }
    }
  });
});

describe('the dashboard', () => {
  it('shows each family', () => {
    const shown = targets.flatMap(({ expr }) => asked(expr).selectors.map(({ metric }) => metric));
    const all = [...known.keys()].filter((metric) => !metric.endsWith('_sum'));
    expect(all.filter((metric) => !shown.includes(metric))).toEqual([]);
  });

  it('names what it groups by in its legends', () => {
    for (const { expr, legendFormat, title } of targets) {
      const told = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(told.sort(), title).toEqual(
        asked(expr)
          .groups.filter((label) => label !== 'le')
          .sort(),
      );
    }
  });

  it('takes all from the one data source that its user chooses', () => {
    const uid = `\${${variables[0]?.name}}`;
    expect(variables.filter(({ type }) => type === 'datasource')).toHaveLength(1);
    for (const { datasource } of targets) expect(datasource).toEqual({ type: 'prometheus', uid });
  });

  it('has panels that do not lie upon each other', () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
      Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
  });
});

describe('the alerts', () => {
  it('name in their texts what their values have', () => {
    for (const { expr, told, title } of alerts) {
      const { groups, selectors } = asked(expr);
      const labels = selectors.flatMap(({ metric }) => [...(known.get(metric)?.keys() ?? [])]);
      const there = groups.length > 0 ? groups : [...labels, ...OF_PROMETHEUS];
      expect(there, title).toEqual(expect.arrayContaining(told));
    }
  });

  it('are told of on the page about operations', () => {
    const page = textOf('docs/operations.md');
    expect(alerts.length).toBeGreaterThan(5);
    for (const { title } of alerts) expect(page).toContain(`\n| \`${title}\` |`);
  });
});

describeWith('promtool', 'promtool', () => {
  /** What promtool says of a file. */
  const promtool = (args: readonly string[], contents?: unknown) => {
    const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
    onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, 'file.yml');
    writeFileSync(file, JSON.stringify(contents) ?? '');
    const { status, stdout, stderr } = spawnSync('promtool', [...args, contents === undefined ? RULES : file], {
      encoding: 'utf8',
    });
    return { status, said: stdout + stderr };
  };

  it('takes the rules', () => {
    expect(promtool(['check', 'rules'])).toMatchObject({
      status: 0,
      said: expect.stringContaining(`${alerts.length} rules`),
    });
  });

  it('takes the expressions of the dashboard', () => {
    const rules = targets.map(({ expr }, at) => ({
      record: `panel:${at}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll('$job', '.*'),
    }));
    const { status, said } = promtool(['check', 'rules'], { groups: [{ name: 'dashboard', rules }] });
    expect(status, said).toBe(0);
  });

  it('sees each alert where all is ill, and none where all is well', () => {
    const firing = (input_series: readonly object[], names: readonly string[]) => ({
      interval: '1m',
      input_series,
      promql_expr_test: [
        {
          expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
          eval_time: '30m',
          exp_samples: names.map((name) => ({ labels: `{alertname="${name}"}`, value: 1 })),
        },
      ],
    });
    const tests = [
      firing(
        series(ILL),
        alerts.map(({ title }) => title),
      ),
      firing(series(WELL), []),
    ];
    const { status, said } = promtool(['test', 'rules'], { rule_files: [RULES], evaluation_interval: '1m', tests });
    expect(status, said).toBe(0);
  });
});

/** Half an hour of values, by metric and labels. */
const series = (values: Readonly<Record<string, string>>) =>
  Object.entries(values).map(([name, each]) => ({
    series: name.replace(/\}|$/, (end) => `${end === '' ? '{' : ','}job="app",instance="app:1"}`).replace('{,', '{'),
    values: `${each}x40`,
  }));

const ILL = {
  'rpc_client_call_duration_seconds_count{rpc_method="shop/Echo"}': '0+90',
  'rpc_client_call_duration_seconds_count{rpc_method="shop/Echo",error_type="overloaded"}': '0+10',
  'rpc_client_call_duration_seconds_bucket{rpc_method="shop/Echo",le="1"}': '0+90',
  'rpc_client_call_duration_seconds_bucket{rpc_method="shop/Echo",le="2.5"}': '0+100',
  'rpc_client_call_duration_seconds_bucket{rpc_method="shop/Echo",le="+Inf"}': '0+100',
  'cmd_stream_client_connections{cmd_stream_state="ready"}': '0+0',
  'cmd_stream_client_connections{cmd_stream_state="reconnecting"}': '2+0',
  'cmd_stream_client_circuit_breakers{cmd_stream_state="open"}': '1+0',
  cmd_stream_client_waiting: '5+0',
  'cmd_stream_client_disconnections_total{error_type="connection-lost"}': '0+2',
  cmd_stream_server_held_bytes: '300000000+0',
};

const WELL = {
  'rpc_client_call_duration_seconds_count{rpc_method="shop/Echo"}': '0+90',
  'rpc_client_call_duration_seconds_count{rpc_method="shop/Echo",error_type="timeout"}': '0+1',
  'rpc_client_call_duration_seconds_count{rpc_method="shop/Echo",error_type="cancelled"}': '0+50',
  'rpc_client_call_duration_seconds_bucket{rpc_method="shop/Echo",le="1"}': '0+141',
  'rpc_client_call_duration_seconds_bucket{rpc_method="shop/Echo",le="+Inf"}': '0+141',
  'cmd_stream_client_connections{cmd_stream_state="ready"}': '1+0',
  'cmd_stream_client_connections{cmd_stream_state="reconnecting"}': '1+0',
  'cmd_stream_client_circuit_breakers{cmd_stream_state="open"}': '0+0',
  cmd_stream_client_waiting: '0+0',
  'cmd_stream_client_disconnections_total{error_type="connection-lost"}': '0+0',
  'cmd_stream_client_disconnections_total{error_type="closed"}': '0+5',
  cmd_stream_server_held_bytes: '1000000+0',
};
