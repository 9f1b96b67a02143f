import { expect, test } from 'vitest';
import { tcpTransport } from '../../../../src/wire/transport/tcp.ts';
import { tlsTransport } from '../../../../src/wire/transport/tls.ts';
import { makeCertificates } from '../../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../../e2e/support/leaks.ts';
import { connected, type Recorder, until } from './support.ts';

expectNothingLeft();

/** Nagle's algorithm lets the second of two small writes wait for the peer's delayed acknowledgement: 40 ms on Linux. */
const SLOW_MS = 30;
/** A fresh connection acknowledges at once for a while. */
const ROUNDS = 60;

/** How many rounds of "two small writes, one answer" are slow, up to `atMost`. */
async function slowRounds(writer: Recorder, answerer: Recorder, atMost: number): Promise<number> {
  let asked = 0;
  answerer.onData = (bytes) => {
    asked += bytes.length;
    if (asked % 2 === 0) answerer.stream.write(Buffer.from('!'));
  };
  let slow = 0;
  for (let round = 1; round <= ROUNDS && slow < atMost; round++) {
    const start = performance.now();
    await writer.writeAll(Buffer.from('ab'), 1);
    await until(() => writer.received.length === round, 'the answer');
    if (performance.now() - start > SLOW_MS) slow++;
  }
  return slow;
}

test('tcp sends small writes at once, on both sides', async () => {
  const { client, server } = await connected(tcpTransport());
  expect(await slowRounds(client, server, ROUNDS)).toBeLessThan(ROUNDS / 4);
  const other = await connected(tcpTransport());
  expect(await slowRounds(other.server, other.client, ROUNDS)).toBeLessThan(ROUNDS / 4);
});

test('tls sends small writes at once, on both sides', async () => {
  const { ca, server: identity } = await makeCertificates();
  const transport = tlsTransport({ client: { ca }, server: identity });
  const { client, server } = await connected(transport);
  expect(await slowRounds(client, server, ROUNDS)).toBeLessThan(ROUNDS / 4);
  const other = await connected(transport);
  expect(await slowRounds(other.server, other.client, ROUNDS)).toBeLessThan(ROUNDS / 4);
});

test('noDelay: false leaves it to Nagle, on both sides', async () => {
  const transport = tcpTransport({ noDelay: false });
  const { client, server } = await connected(transport);
  expect(await slowRounds(client, server, 3)).toBe(3);
  const other = await connected(transport);
  expect(await slowRounds(other.server, other.client, 3)).toBe(3);
});
