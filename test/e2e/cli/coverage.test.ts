import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSender, serve } from 'cmd-stream';
import { createMetrics, metricsText } from 'cmd-stream/metrics';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { shop } from '../telemetry/watched.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
let folder = '';
let file = '';

/** A scrape of a server and a sender over TCP that have done a little. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'coverage-'));
  file = join(folder, 'scrape.txt');
  const metrics = createMetrics();
  const handlers = {
    Echo: (text: string) => text,
    Fail: () => '',
    Checked: () => '',
    *Rows() {},
    Wait: () => '',
  };
  const server = await serve(shop, null, handlers, { port: 0, telemetry: metrics });
  const sender = await createSender(shop, { address: server.address, telemetry: metrics });
  await sender.send(shop.Echo('a'));
  await sender.close();
  await server.close();
  await writeFile(file, metricsText(metrics));
});

afterAll(() => rm(folder, { recursive: true }));

const coverage = (...args: string[]) => cli.run(['coverage', ...args]);
const unknownEdge =
  'cmd_stream_transitions_total{chart="request",from="sent",event="request.lost",to="failed"} 2\n' +
  'cmd_stream_transitions_total{chart="flight",from="a",event="b",to="c"} 1\n';

describe.concurrent('cmd-stream coverage', () => {
  it('tells for each chart how many transitions production took and how many tests do, and which tests alone', async () => {
    const { code, stdout, stderr } = await coverage(file);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^chart {12}production {7}tests {8}both\n/);
    expect(stdout).toMatch(/^request {19}2 {10}16 {11}2$/m);
    expect(stdout).not.toContain('Production took');
    const [, unseen] = stdout.split('\n\nOnly tests took\n');
    expect(unseen).toContain('  request  queued -> timedOut on deadline.reached\n');
    expect(unseen).not.toContain('queued -> sent');
  });

  it('fails where production took what no test did, and says what, also of charts that it does not know', async () => {
    const input = `${await readFile(file, 'utf8')}${unknownEdge}`;
    const { code, stdout } = await cli.run(['coverage', '-'], { input });
    expect(code).toBe(1);
    expect(stdout).toContain(
      '\nProduction took, and no test did\n  flight  a -> c on b, once\n  request  sent -> failed on request.lost, 2 times\n',
    );
  });

  it('tells the same as one JSON document', async () => {
    const { code, stdout } = await cli.run(['coverage', '-', '--json'], { input: unknownEdge });
    expect(code).toBe(1);
    const { charts } = JSON.parse(stdout) as { charts: readonly { readonly chart: string }[] };
    expect(charts.find(({ chart }) => chart === 'request')).toMatchObject({
      production: 1,
      tests: 16,
      productionOnly: [{ chart: 'request', from: 'sent', event: 'request.lost', to: 'failed', count: 2 }],
    });
    expect(charts.find(({ chart }) => chart === 'flight')).toMatchObject({ production: 1, tests: 0, testsOnly: [] });
  });

  it('writes the drawings, each with a legend', async () => {
    const drawings = join(folder, 'some', 'drawings');
    const { code } = await coverage(file, '--svg', drawings);
    expect(code).toBe(0);
    const names = (await readdir(drawings)).sort();
    const walked = 'addresses channel circuit-breaker client connection group request server session worker workers';
    const charts = walked.split(' ');
    expect(names).toEqual(charts.map((chart) => `${chart}.svg`));
    for (const name of names) {
      const svg = await readFile(join(drawings, name), 'utf8');
      expect(svg).toMatch(/<g class="legend">.*production and tests/);
    }
    const request = await readFile(join(drawings, 'request.svg'), 'utf8');
    expect(request).toContain('<g class="arrow walked-both" data-from="queued" data-to="sent"');
  });

  it.each([
    [[], 'coverage takes one file, or - for standard input'],
    [['a', 'b'], 'coverage takes one file, or - for standard input'],
    [['no-such-file'], 'coverage takes a file that can be read: ENOENT.*no-such-file.*'],
    [['package.json'], 'package.json holds no cmd_stream_transitions_total: .*metricsText\\(\\).*'],
    [['-'], 'standard input, line 1: cmd_stream_transitions_total must have the labels .*; got .*'],
    [['-', '--svg'], "Option '--svg <value>' argument missing"],
    [['SCRAPE', '--svg', '/dev/null/no'], '--svg must be a folder that can be written to: .*'],
  ])('refuses %j in one line', async (args, says) => {
    const given = args.map((each) => (each === 'SCRAPE' ? file : each));
    const input = 'cmd_stream_transitions_total{chart="request"} 1\n';
    const { code, stdout, stderr } = await cli.run(['coverage', ...given], args[0] === '-' ? { input } : undefined);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(new RegExp(`^cmd-stream coverage: ${says}; try 'cmd-stream coverage --help'\\n$`));
  });
});
