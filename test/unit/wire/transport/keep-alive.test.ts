import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { tcpTransport } from '../../../../src/wire/transport/tcp.ts';
import { tlsTransport } from '../../../../src/wire/transport/tls.ts';
import type { Transport } from '../../../../src/wire/transport/transport.ts';
import { makeCertificates } from '../../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../../e2e/support/leaks.ts';
import { connected, until } from './support.ts';

expectNothingLeft();

/** The kernel's timer of a socket that waits for the time of its keepalive (Documentation/networking/proc_net_tcp.rst). */
const KEEP_ALIVE_TIMER = '02';

/** The timers of both ends of the connection between these ports: what the kernel will do, and in how many ms. */
function timersOf(ports: readonly [number, number]): [timer: string, inMs: number][] {
  const lines = readFileSync('/proc/net/tcp', 'utf8').trim().split('\n').slice(1);
  const ends = lines.map((line) => line.trim().split(/\s+/)) as [string, string, string, string, string, string][];
  const portOf = (address: string) => Number.parseInt(address.slice(address.indexOf(':') + 1), 16);
  return ends
    .filter(([, local, remote]) => ports.includes(portOf(local)) && ports.includes(portOf(remote)))
    .map(([, , , , , timer]) => [timer.slice(0, 2), Number.parseInt(timer.slice(3), 16) * 10]);
}

const transports: [string, () => Promise<Transport>][] = [
  ['tcp', async () => tcpTransport()],
  [
    'tls',
    async () => {
      const { ca, server } = await makeCertificates();
      return tlsTransport({ client: { ca }, server });
    },
  ],
];

describe.runIf(process.platform === 'linux')('A1, D2: the system looks whether the other machine is there', () => {
  test.each(transports)('at both ends, over %s', async (_name, makeTransport) => {
    const { client, server } = await connected(await makeTransport());
    const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));
    const ports = [portOf(client.stream.remoteAddress), portOf(server.stream.remoteAddress)] as const;
    // Right after the handshake what has been sent may wait to be acknowledged: that is another timer.
    await until(() => timersOf(ports).every(([timer]) => timer === KEEP_ALIVE_TIMER), 'both keepalive timers');
    const timers = timersOf(ports);
    expect(timers).toHaveLength(2);
    for (const [, inMs] of timers) {
      expect(inMs).toBeGreaterThan(0);
      expect(inMs).toBeLessThanOrEqual(16_000);
    }
  });
});
