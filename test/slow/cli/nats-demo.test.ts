import { expect, it } from 'vitest';
import { commandLine } from '../../e2e/cli/support.ts';
import { noBroker, titled } from '../../e2e/nats/support/brokers.ts';

const cli = commandLine();

it.skipIf(noBroker)(
  titled('cmd-stream over NATS is demonstrated with a broker, and servers that are killed, leave and come'),
  async () => {
    const { code, stdout, stderr } = await cli.start(['demo', '--nats']).ended;
    expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/One server is killed[\s\S]* connection-lost \(may have executed: true\)\n/);
    expect(stdout).toMatch(/One server leaves[\s\S]*failed → 0\n[\s\S]*One server comes[\s\S]*failed → 0\n/);
    expect(stdout).toMatch(/\n8 as expected, 0 not, in [\d.]+ s\n$/);
  },
);
