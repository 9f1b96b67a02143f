import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { createSender } from '../../../../src/sender/create-sender.ts';
import type { SenderOptions } from '../../../../src/sender/options.ts';
import { encodeServerInfo } from '../../../../src/wire/server-info.ts';
import type { Measure } from '../measure.ts';
import { sampleMessage } from '../sample.ts';
import { echoes, everythingOn, heapBytes } from './echo.ts';

/** What requests hold that wait for their Results. Their Commands share one payload, and the server answers none. */
export const requestMemory: Measure = {
  name: 'request-memory',
  async run({ quick, requests = quick ? 20_000 : 100_000 }) {
    const held = await heldBytes(requests, everythingOn);
    const heldBare = await heldBytes(requests, { timeoutMs: Number.POSITIVE_INFINITY, keepalive: false });
    return [
      {
        what: 'memory held per request in flight, payload aside, everything on',
        value: held,
        unit: 'B',
        target: { kind: 'at most', bound: 1024, stretch: 500 },
      },
      { what: 'the same, bare', value: heldBare, unit: 'B' },
    ];
  },
};

async function heldBytes(requests: number, options: Omit<SenderOptions, 'address'>): Promise<number> {
  const server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .write(encodeServerInfo('default')),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const sender = await createSender(echoes, {
    ...options,
    maxInFlightCommands: 2 * requests,
    address: `127.0.0.1:${port}`,
  });
  const payload = sampleMessage(1);
  const sendOne = () =>
    options.hooks === undefined
      ? sender.send(echoes.Echo(payload))
      : sender.sendWithDeadline(echoes.Echo(payload), Date.now() + 600_000);

  const promises = new Array<Promise<unknown>>(requests);
  // Before the heap is looked at, the paths have been taken once.
  const first = sendOne();
  const before = await heapBytes();
  for (let index = 0; index < requests; index++) {
    promises[index] = sendOne();
    // The socket has its turns, so that no Command waits to be written.
    if (index % 1000 === 999) await new Promise((resolve) => setImmediate(resolve));
  }
  const after = await heapBytes();
  for (const promise of [first, ...promises]) promise.catch(() => {});
  await sender.close();
  server.close();
  return (after - before) / requests;
}
