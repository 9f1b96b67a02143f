import { connect } from 'node:net';
import { command, createSender, defineProtocol, memoryTransport, result, systemClock, tcpTransport } from 'cmd-stream';
import { z } from 'zod';
import { eventLoopTurn, failureOf, soon } from '../client/stage.ts';
import { busy, dead, type Endings, echo, echoing } from './ending.ts';
import { shop } from './watched.ts';

/** Stream that has no end. */
const endless = shop.Rows(Number.MAX_SAFE_INTEGER);

/** Clock by which no time passes. */
const standing = { ...systemClock, monotonicMs: () => 0 };

/** How sends end that may be under way already. */
export const ENDINGS_UNDER_WAY = {
  overloaded: [
    {
      when: 'the sender has no room',
      fails: async (scene) => (await busy(scene, { sender: { maxInFlightCommands: 1 } })).sender.send(echo),
    },
    {
      when: 'the server has no room',
      async fails(scene) {
        const { sender } = await busy(scene, { server: { maxInFlightCommands: 1, maxQueuedBytes: 1 } });
        sender.send(shop.Wait()).catch(() => {});
        return sender.send(echo);
      },
      atServer: ['overloaded', 'UNSET'],
    },
  ],
  timeout: [
    {
      when: 'it waits for a client too long',
      fails: async (scene) =>
        (await scene.open({ sender: dead })).sender.send(echo, { waitForReady: true, timeoutMs: 5 }),
    },
    {
      when: 'its answer takes too long, and its client is the first to say so',
      fails: async (scene) =>
        (await scene.open({ server: { clock: standing } })).sender.send(shop.Wait(), { timeoutMs: 30 }),
      of: 'Wait',
      atServer: ['cancelled', 'UNSET'],
    },
    {
      when: 'its turn at the server comes too late',
      async fails(scene) {
        const options = { sender: { clock: standing }, server: { maxInFlightCommands: 1 } };
        const { sender, leave } = await busy(scene, options);
        const late = failureOf(sender.send(echo, { timeoutMs: 1 }));
        // In memory it has arrived after so many turns, however long they take.
        for (let turn = 0; turn < 20; turn++) await eventLoopTurn();
        const sinceMs = systemClock.monotonicMs();
        await soon(() => systemClock.monotonicMs() - sinceMs).toBeGreaterThan(50);
        leave();
        throw await late;
      },
      atServer: ['timeout', 'UNSET'],
    },
  ],
  cancelled: [
    {
      when: 'its signal has fired before',
      fails: async (scene) => (await scene.open()).sender.send(echo, { signal: AbortSignal.abort() }),
    },
    {
      when: 'its signal fires while it is executed',
      async fails(scene) {
        const { waiting, leave } = await busy(scene, {});
        leave();
        return waiting;
      },
      of: 'Wait',
      atServer: ['cancelled', 'UNSET'],
    },
  ],
  'connection-lost': [
    {
      when: 'its server is closed meanwhile',
      async fails(scene) {
        const { server, waiting } = await busy(scene, {});
        void server.close();
        return waiting;
      },
      of: 'Wait',
      atServer: ['closed', 'UNSET'],
    },
    {
      when: 'its handler fails at a server that has no error Results',
      fails: async (scene) => (await scene.open({ server: { goClients: true } })).sender.send(shop.Fail('a')),
      of: 'Fail',
      atServer: ['command-failed', 'ERROR'],
    },
  ],
  'protocol-error': [
    {
      when: 'its connection is lost: it is why',
      async fails(scene) {
        const { address } = await scene.stage.peer({
          onCommand: ({ connection }) => connection.raw(Buffer.alloc(20, 0xff)),
        });
        return echoing({ sender: { address, transport: tcpTransport() } })(scene);
      },
      instead: 'connection-lost',
    },
    {
      when: 'a client sends a server what is no Command',
      async failsBeside(scene) {
        const lost: unknown[] = [];
        const { server } = await scene.open({
          sender: { transport: tcpTransport() },
          server: { transport: tcpTransport(), onConnectionLost: ({ error }) => lost.push(error) },
        });
        const socket = connect(server.port).on('error', () => {});
        socket.write(Buffer.alloc(20, 0xff));
        await soon(() => lost.length).toBe(1);
        socket.destroy();
        throw lost[0];
      },
    },
  ],
  'frame-too-large': [
    {
      when: 'it is too large',
      fails: async (scene) =>
        (await scene.open({ sender: { maxFrameBytes: 1_000 } })).sender.send(shop.Echo('x'.repeat(5_000))),
    },
    {
      when: 'its Result is too large, which its server does not know',
      fails: echoing({ sender: { maxFrameBytes: 1_000 }, server: { invoker: () => 'x'.repeat(5_000) } }),
      atServer: ['OK', 'UNSET'],
    },
  ],
  'command-failed': [
    {
      when: 'its handler throws',
      fails: async (scene) => (await scene.open()).sender.send(shop.Fail('a')),
      of: 'Fail',
      atServer: ['command-failed', 'ERROR'],
    },
  ],
  'command-invalid': [
    {
      when: 'its payload does not pass the schema of the server',
      fails: async (scene) => (await scene.open()).sender.send(shop.Checked({ n: -1 })),
      of: 'Checked',
      atServer: ['command-invalid', 'UNSET'],
    },
  ],
  'result-invalid': [
    {
      when: 'its Result does not pass the schema of the client, which its server does not know',
      async fails(scene) {
        const strict = defineProtocol({
          name: 'shop',
          results: { Done: result(z.string().max(0)) },
          commands: { Echo: command<string>().returns('Done') },
        });
        const transport = memoryTransport();
        const { server } = await scene.open({ sender: { transport }, server: { transport } });
        const { telemetry } = scene.client;
        const sender = await createSender(strict, { address: server.address, transport, telemetry });
        scene.onEnd(() => sender.close());
        return sender.send(strict.Echo('a'));
      },
      atServer: ['OK', 'UNSET'],
    },
  ],
  'result-overflow': [
    {
      when: 'its Results come faster than they are taken',
      async fails(scene) {
        const { sender } = await scene.open({ sender: { maxBufferedResults: 2, whenSlow: 'fail' } });
        const stream = sender.sendMulti(endless);
        await soon(() => scene.client.seen().spans).not.toEqual([]);
        for await (const _ of stream);
      },
      of: 'Rows',
      atServer: ['cancelled', 'UNSET'],
    },
  ],
  'consumer-failed': [
    {
      when: 'its caller throws at a Result',
      fails: async (scene) => (await scene.open()).sender.sendMulti(endless, () => Promise.reject(1)),
      of: 'Rows',
      atServer: ['cancelled', 'UNSET'],
    },
  ],
  closed: [
    {
      when: 'the sender is closed',
      async fails(scene) {
        const { sender } = await scene.open();
        await sender.close();
        return sender.send(echo);
      },
    },
    {
      when: 'the sender is closed while it is executed',
      async fails(scene) {
        const { sender, waiting } = await busy(scene, {});
        void sender.close();
        return waiting;
      },
      of: 'Wait',
      atServer: ['closed', 'UNSET'],
    },
    {
      when: 'the only server shuts down',
      async fails(scene) {
        const { sender, server } = await busy(scene, { server: { maxInFlightCommands: 1 } });
        const late = sender.send(echo);
        void server.shutdown();
        return late;
      },
      atServer: ['closed', 'UNSET'],
    },
  ],
} satisfies Endings;
