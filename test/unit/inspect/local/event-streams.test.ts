import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EventStreams } from '../../../../src/inspect/local/event-streams.ts';
import type { Inspection } from '../../../../src/inspect/local/record.ts';
import { VirtualClock } from '../../../../src/testing/kit/virtual-clock.ts';
import { until } from '../../wire/transport/support.ts';

/** Streams of a server of Node's, on a clock of the test's, that tell all, and what is new, as it is given. */
async function streamsOf(all: () => object, takeChanges = all) {
  const clock = new VirtualClock();
  const inspection = { takeChanges, all } as unknown as Inspection;
  const streams = new EventStreams(clock, inspection);
  const responses: ServerResponse[] = [];
  const server = createServer((_request, response) => {
    responses.push(response);
    streams.add(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const page = async () => {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    socket.write('GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const count = responses.length;
    await until(() => responses.length > count, 'the page');
    return socket;
  };
  return { clock, streams, responses, page };
}

describe('streams of events', () => {
  it('V12: take the seats of pages that read nothing of what waits for them, and of no others', async () => {
    // More than what sockets hold by themselves.
    const { clock, streams, responses, page } = await streamsOf(
      () => ({ text: 'x'.repeat(6 * 1024 * 1024) }),
      () => ({}),
    );
    const dead: Awaited<ReturnType<typeof page>>[] = [];
    for (let n = 1; n < EventStreams.max; n++) dead.push((await page()).pause());
    const reader = (await page()).resume();
    expect(streams.isFull).toBe(true);
    await until(() => responses.at(-1)?.writableLength === 0, 'the reader to have read');
    for (let n = 0; n < 5; n++) {
      await clock.advance(10_000);
      await until(() => responses.at(-1)?.writableLength === 0, 'the reader to have read');
    }
    await until(() => !streams.isFull && responses.slice(0, -1).every(({ closed }) => closed), 'the seats');
    expect(responses.at(-1)?.closed).toBe(false);
    for (const socket of [...dead, reader]) socket.destroy();
    await until(() => responses.every(({ closed }) => closed), 'all to have left');
    await streams.close();
  });

  it('R3-N10: never throw in a timer, whatever cannot be written', async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const { clock, streams, page } = await streamsOf(() => circle);
    const socket = await page();
    streams.changed();
    await clock.advance(1_000);
    const [bytes] = await once(socket, 'data');
    expect(String(bytes)).toContain('200 OK');
    socket.destroy();
    await streams.close();
  });
});
