import { describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { program } from '../../support/program.ts';
import { listening, run, start } from '../../support/run.ts';
import { collector } from './collector/build.ts';

/** The spans that the debug exporter has printed: kind and name of each. */
const spansIn = (text: string) =>
  [...text.matchAll(/^ +Name +: (.*)\n +Kind +: (.*)$/gm)].map(([, name, kind]) => `${kind} ${name}`).sort();
/** The metrics that it has printed, each with its values. */
const metricsIn = (text: string) => text.split(/^Metric #\d+$/m).slice(1);

const built = collector();
const path = 'path' in built ? built.path : '';
const title = 'missing' in built ? `a collector (skipped: ${built.missing})` : 'a collector';

describe.skipIf('missing' in built)(title, () => {
  it('takes the spans of both sides and the metrics, by OTLP over HTTP', async () => {
    const port = await freePort();
    const pipeline = { receivers: ['otlp'], exporters: ['debug'] };
    const config = {
      receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
      exporters: { debug: { verbosity: 'detailed', use_internal_logger: false } },
      service: { pipelines: { traces: pipeline, metrics: pipeline } },
    };
    await using running = start(path, ['--config', `yaml:${JSON.stringify(config)}`]);
    await listening(port);
    const source = new URL('./fixtures/exporting.ts', import.meta.url);
    const ended = await run(process.execPath, [program(source), `http://127.0.0.1:${port}`]);
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    await expect.poll(() => spansIn(running.stdout)).toEqual(['Client calc/Add', 'Server calc/Add']);
    // The first of two exports is of the time when all is open.
    const named = (name: string) => metricsIn(running.stdout).find((metric) => metric.includes(`-> Name: ${name}\n`));
    expect(named('cmd_stream.client.connections')).toMatch(/Str\(ready\)\n(.*stamp.*\n)*Value: 1\.0+\n/);
    for (const side of ['client', 'server']) {
      const durations = named(`rpc.${side}.call.duration`);
      expect(durations).toMatch(/-> Unit: s\n *-> DataType: Histogram\n/);
      expect(durations).toMatch(/-> rpc\.method: Str\(calc\/Add\)\n[\s\S]*\nCount: 1\n/);
    }
  });
});
