import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serve } from '../../../../src/server/serve.ts';
import type { Measure } from '../measure.ts';
import { echoes, heapBytes } from './echo.ts';

/** What connections hold at the server on which nothing happens; beside them what bare sockets hold. */
export const idleConnections: Measure = {
  name: 'idle-connections',
  async run({ quick, requests: connections = quick ? 1_000 : 10_000 }) {
    const plain = createServer((socket) =>
      socket
        .on('error', () => {})
        .on('data', () => {})
        .write('hello'),
    );
    await once(plain.listen({ port: 0, host: '127.0.0.1', backlog: 511 }), 'listening');
    const sockets = await held((plain.address() as AddressInfo).port, connections);
    plain.close();
    const server = await serve(
      echoes,
      undefined,
      { Echo: (message) => message, *Count() {} },
      { port: 0, maxConnections: 2 * connections },
    );
    const ours = await held(server.port, connections);
    await server.close();
    return [
      {
        what: `${connections.toLocaleString('en-US')} idle connections: heap and buffers each`,
        value: ours.heapBytes / 1024,
        unit: 'KiB',
        target: { kind: 'at most', bound: 12, stretch: 8 },
      },
      { what: 'resident memory each', value: ours.residentBytes / 1024, unit: 'KiB' },
      { what: 'bare sockets: heap and buffers each', value: sockets.heapBytes / 1024, unit: 'KiB' },
      { what: 'bare sockets: resident memory each', value: sockets.residentBytes / 1024, unit: 'KiB' },
    ];
  },
};

/** What `connections` connections to the server at `port`, which runs in this process, hold each. */
async function held(port: number, connections: number): Promise<{ heapBytes: number; residentBytes: number }> {
  // One connection before the first look, so that what is made once is there.
  const early = await openClients(port, 1);
  const heapBefore = await heapBytes();
  const before = process.memoryUsage();
  const clients = await openClients(port, connections);
  const heapAfter = await heapBytes();
  const after = process.memoryUsage();
  for (const child of [early, clients]) {
    child.kill();
    await once(child, 'exit');
  }
  return {
    heapBytes: (heapAfter + after.external - heapBefore - before.external) / connections,
    residentBytes: (after.rss - before.rss) / connections,
  };
}

async function openClients(port: number, connections: number): Promise<ChildProcess> {
  const file = fileURLToPath(new URL(`./idle-clients${extname(import.meta.url)}`, import.meta.url));
  const child = fork(file, [`${port}`, `${connections}`]);
  const [answer] = await once(child, 'message');
  if (answer === 'open') return child;
  child.kill();
  throw new Error(`${connections} connections cannot be opened (a limit of open files?): ${answer}`);
}
