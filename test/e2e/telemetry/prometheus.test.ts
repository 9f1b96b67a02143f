import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createMetrics, metricsText } from 'cmd-stream/metrics';
import { expect, it } from 'vitest';
import { freePort, listenOn } from '../../support/ports.ts';
import { describeWith } from '../../support/tool.ts';
import { stage } from '../client/stage.ts';
import { shop, watched } from './watched.ts';

const { onEnd } = stage();

/** One text of metrics, of a sender and a server that have done something of each kind. */
async function used() {
  const metrics = createMetrics();
  const it = await watched({ sender: { circuitBreaker: {}, telemetry: metrics }, server: { telemetry: metrics } });
  onEnd(() => it[Symbol.asyncDispose]());
  await it.sender.send(shop.Echo('a'));
  await it.sender.send(shop.Fail('a')).catch(() => {});
  return { ...it, text: () => metricsText(metrics) };
}

describeWith('promtool', 'promtool', () => {
  it('has no complaint about the text', async () => {
    const { server, sender, text } = await used();
    const running = text();
    await server.close();
    await expect.poll(() => sender.status.ready).toBe(0);
    for (const input of [running, text()]) {
      const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
      expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
    }
  });
});

describeWith('prometheus', 'Prometheus', () => {
  it('scrapes them', async () => {
    const { text } = await used();
    const http = createServer((_, response) =>
      response.setHeader('content-type', 'text/plain; version=0.0.4').end(text()),
    );
    const port = await listenOn(http);
    onEnd(() => http.closeAllConnections());
    onEnd(() => http.close());
    const folder = mkdtempSync(join(tmpdir(), 'prometheus-'));
    onEnd(() => rmSync(folder, { recursive: true, force: true }));
    const config = join(folder, 'prometheus.yml');
    const scrape = `{ job_name: shop, static_configs: [{ targets: ['127.0.0.1:${port}'] }] }`;
    writeFileSync(config, `global: { scrape_interval: 1s }\nscrape_configs: [${scrape}]\n`);
    const own = await freePort();
    const prometheus = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${folder}`, `--web.listen-address=127.0.0.1:${own}`],
      { stdio: 'ignore' },
    );
    const gone = once(prometheus, 'exit');
    onEnd(async () => {
      prometheus.kill('SIGKILL');
      await gone;
    });
    const query = encodeURIComponent('rpc_client_call_duration_seconds_count');
    const asked = async () => {
      const response = await fetch(`http://127.0.0.1:${own}/api/v1/query?query=${query}`).catch(() => undefined);
      const answer = response?.ok ? ((await response.json()) as Answer) : undefined;
      const series = answer?.data.result.map(
        ({ metric, value }) => `${metric.rpc_method} ${metric.error_type ?? 'OK'} ${value[1]}`,
      );
      return series?.sort();
    };
    await expect.poll(asked).toEqual(['shop/Echo OK 1', 'shop/Fail command-failed 1']);
  });
});

/** What Prometheus answers to a query, as far as it is looked at. */
interface Answer {
  readonly data: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value: readonly [number, string];
    }[];
  };
}
