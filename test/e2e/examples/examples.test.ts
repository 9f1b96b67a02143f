import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import { program } from '../../support/program.ts';
import { run } from '../../support/run.ts';
import { noBroker, startBroker, titled } from '../nats/support/brokers.ts';

/** What each example prints. A text stands for itself; an expression, where a line may differ from run to run. */
const OUTPUT: Readonly<Record<string, readonly (string | RegExp)[]>> = {
  'chain.ts': ['depot: looking for lamp, for ada', 'shop: cancelled', 'depot: stopped, cancelled'],
  'hooks.ts': [
    /^Add: \d+ bytes sent; Result 1 of \d+ bytes, the last one$/,
    /^Countdown: \d+ bytes sent; Result 1 of \d+ bytes$/,
    /^Countdown: \d+ bytes sent; Result 2 of \d+ bytes, the last one$/,
    'Add: refused',
    /^Command 'Add' was not sent: .*: a negative sum$/,
  ],
  'outage.ts': [
    '60 s, the server was started 2 times',
    'most sends were answered: true; the others failed as unavailable',
    'down at 20000 ms; a Result again within 15 s: true',
    'left behind: { timers: 0, connections: 0 }',
  ],
  'own-codec.ts': [
    'gzip-json: 2 + 3 = 5',
    'gzip-json: 2',
    'gzip-json: 1',
    'json-lines: 2 + 3 = 5',
    'json-lines: 2',
    'json-lines: 1',
  ],
  'own-sender.ts': ['group of 3', '2 + 3 = 5'],
  'quick-start.ts': ['2 + 3 = 5', '4 + 5 = 9', '3', '2', '1'],
  'resilient.ts': [
    '2 + 3 = 5',
    // Whether the sender has learnt of the outage by the first send is a matter of luck.
    /^(connection-lost \(may have executed: true\)|unavailable \(may have executed: false\))$/,
    'circuit breaker: open',
    /^(connection-lost|unavailable) \(may have executed: \w+\)$/,
    'circuit-open (may have executed: false)',
    'circuit breaker: half-open',
    'circuit breaker: closed',
    '4 + 5 = 9',
  ],
  'streaming.ts': [
    'the highest of 1,000 days: 1100',
    ...['handler: 101', 'handler: 102', 'handler: 103'],
    ...['follow: 100', 'follow: 101', 'follow: 102', 'follow: 103', 'follow: 104'],
    'after some prices: timeout',
  ],
  'tls.ts': [
    '2 + 3 = 5',
    'the server turned a client away: connect-failed',
    /^a client without a certificate: (unavailable|connect-failed)$/,
  ],
};

/** The one that needs a broker. */
const BY_BROKER = 'nats.ts';
const BY_BROKER_OUTPUT = [
  '2 + 3 = 5',
  ...['3', '2', '1'],
  'while one server left: 2000 of 2000 answered',
  'with no server left: unavailable (may have executed: false)',
];

/** The one that is run as its first line says; the others are compiled, which takes a third of the time. */
const BY_LOADER = 'quick-start.ts';

const commandOf = (name: string) =>
  name === BY_LOADER
    ? ['--import', 'tsx', `examples/${name}`]
    : [program(new URL(`../../../examples/${name}`, import.meta.url))];

/** What the examples share; it runs with them. The shop has a test of its own. */
const SHARED = ['calc.ts', 'certificates.ts', 'shop'];

describe('the examples', () => {
  it('each have an expectation', () => {
    const files = readdirSync(join(ROOT, 'examples')).sort();
    expect(files).toEqual([...Object.keys(OUTPUT), BY_BROKER, ...SHARED].sort());
  });

  it.concurrent.each(Object.entries(OUTPUT))('%s runs and prints what it says', async (name, lines) => {
    const { code, stdout, stderr } = await run(process.execPath, commandOf(name), { cwd: ROOT });
    expect(stderr).toBe('');
    const printed = stdout.trimEnd().split('\n');
    expect(printed).toEqual(lines.map((line) => (typeof line === 'string' ? line : expect.stringMatching(line))));
    expect(code).toBe(0);
  });

  it.skipIf(noBroker)(titled('nats.ts runs beside a broker, and prints what it says'), async () => {
    await using broker = await startBroker();
    const env = { NATS_URL: broker.url };
    const { code, stdout, stderr } = await run(process.execPath, commandOf(BY_BROKER), { cwd: ROOT, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.trimEnd().split('\n')).toEqual(BY_BROKER_OUTPUT);
  });
});
