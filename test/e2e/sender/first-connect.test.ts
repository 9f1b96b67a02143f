import { createServer, type Socket } from 'node:net';
import { expect, it } from 'vitest';
import { listenOn } from '../../support/ports.ts';
import { deadAddress, failureOf, onePlusOne, sleep, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answers, collect } from './support.ts';

const { peer, sender, silentServer, onEnd } = stage();

it('a send during the very first connect waits for it, a stream too', async () => {
  const server = await peer(answers);
  const client = await sender({ address: server.address, lazy: true });
  const sends = [client.send(onePlusOne), client.send(onePlusOne, { waitForReady: false })];
  const ticks = collect(client.sendMulti(calc.Countdown({ from: 2 })));
  expect(client.status.state).toBe('starting');
  expect(await Promise.all(sends)).toEqual([2, 2]);
  expect((await ticks).map(({ n }) => n)).toEqual([2, 1]);
});

it('it fails as soon as all first attempts have failed, and later ones at once', async () => {
  const client = await sender({ address: [await deadAddress(), await deadAddress()], clients: 2, lazy: true });
  const early = failureOf(client.send(onePlusOne));
  const patient = failureOf(client.send(onePlusOne, { waitForReady: true, timeoutMs: 100 }));
  const error = await early;
  expect(error).toMatchObject({ code: 'unavailable', mayHaveExecuted: false, command: 'Add', retryable: true });
  // Each client says why it is not ready.
  expect(error.message.match(/ECONNREFUSED/g)).toHaveLength(2);
  expect(error.cause).toMatchObject({
    code: 'connect-failed',
    address: expect.any(String),
    clientId: expect.any(Number),
  });
  expect(client.status.state).toBe('unavailable');
  expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'unavailable' });
  expect(await patient).toMatchObject({ code: 'timeout', cause: { code: 'unavailable' } });
});

it('it waits while one client is still trying, and goes over the first that is ready', async () => {
  const server = await peer(answers);
  const silent = await silentServer();
  const address = [silent.address, server.address];
  const client = await sender({ address, clients: 2, lazy: true, handshakeTimeoutMs: 60_000 });
  expect(await client.send(onePlusOne)).toBe(2);
});

it('it waits no longer than its deadline, or than its caller is interested', async () => {
  const silent = await silentServer();
  const client = await sender({ address: silent.address, lazy: true, handshakeTimeoutMs: 60_000 });
  const late = await failureOf(client.send(onePlusOne, { timeoutMs: 30 }));
  expect(late).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
  expect(late.message).toContain('it was not sent: no client is ready (still connecting)');
  const controller = new AbortController();
  const left = failureOf(client.send(onePlusOne, { signal: controller.signal }));
  controller.abort();
  expect(await left).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
  const pending = failureOf(client.send(onePlusOne));
  await client.close();
  expect(await pending).toMatchObject({ code: 'closed', mayHaveExecuted: false });
});

it('as many wait as may wait at all', async () => {
  const silent = await silentServer();
  const client = await sender({ address: silent.address, lazy: true, maxWaiting: 2, handshakeTimeoutMs: 60_000 });
  const waiting = [failureOf(client.send(onePlusOne)), failureOf(client.send(onePlusOne))];
  expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'overloaded' });
  await client.close();
  for (const error of await Promise.all(waiting)) expect(error.code).toBe('closed');
});

it('a server that takes its time to introduce itself costs no send', async () => {
  const real = await peer(answers);
  const [host = '', port = ''] = real.address.split(':');
  const sockets = new Set<Socket>();
  const slow = createServer(async (socket) => {
    sockets.add(socket.on('error', () => {}));
    await sleep(50);
    const { connect } = await import('node:net');
    const onward = connect(Number(port), host).on('error', () => {});
    sockets.add(onward);
    socket.pipe(onward).pipe(socket);
  });
  const address = `127.0.0.1:${await listenOn(slow)}`;
  onEnd(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => slow.close(resolve));
  });
  const client = await sender({ address, lazy: true });
  expect(await Promise.all([1, 2, 3].map(() => client.send(onePlusOne)))).toEqual([2, 2, 2]);
});
