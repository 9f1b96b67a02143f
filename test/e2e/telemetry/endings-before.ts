import { tcpTransport } from 'cmd-stream';
import { failureOf } from '../client/stage.ts';
import { dead, type Endings, echo, echoing } from './ending.ts';
import { shop } from './watched.ts';

/** How sends end by what this side, or the network, has against them before they are under way. */
export const ENDINGS_BEFORE = {
  'invalid-argument': [
    {
      when: 'an option of it is not acceptable: counted, but of a send that never began there is no span',
      fails: async (scene) => (await scene.open()).sender.send(echo, { timeoutMs: -1 }),
      atClient: 'no span',
    },
    {
      when: 'the dispatch strategy picks no client',
      fails: echoing({ sender: { dispatch: { pick: () => ({}) as never } } }),
    },
    {
      when: 'an option of the sender is not acceptable',
      failsBeside: (scene) => scene.open({ sender: { clients: -1 } }),
    },
  ],
  refused: [
    {
      when: 'a hook refuses it',
      fails: echoing({ sender: { hooks: () => ({ beforeSend: () => Promise.reject(1) }) } }),
    },
  ],
  'circuit-open': [
    {
      when: 'the circuit breaker is open',
      async fails(scene) {
        const circuitBreaker = { windowSize: 1, failureRate: 1, openDurationMs: 60_000 };
        const { sender } = await scene.open({ sender: { circuitBreaker } });
        await failureOf(sender.send(shop.Fail('a')));
        return sender.send(echo);
      },
    },
  ],
  unavailable: [{ when: 'nobody is ready', fails: echoing({ sender: dead }) }],
  'connect-failed': [{ when: 'nobody is ready: it is why', fails: echoing({ sender: dead }), instead: 'unavailable' }],
  'handshake-timeout': [
    {
      when: 'nobody is ready: it is why',
      async fails(scene) {
        const { address } = await scene.stage.silentServer();
        return echoing({ sender: { address, lazy: true, transport: tcpTransport(), handshakeTimeoutMs: 30 } })(scene);
      },
      instead: 'unavailable',
    },
  ],
  'server-info-mismatch': [
    {
      when: 'nobody is ready: it is why',
      fails: echoing({ sender: { lazy: true }, server: { serverInfo: 'v2' } }),
      instead: 'unavailable',
      warns: "introduced itself as 'v2'",
    },
    {
      when: 'createSender() fails by it',
      failsBeside: (scene) => scene.open({ server: { serverInfo: 'v2' } }),
    },
  ],
  'encode-failed': [
    {
      when: 'its payload is none that can be sent',
      fails: async (scene) => (await scene.open()).sender.send(shop.Echo(Symbol('a') as never)),
    },
  ],
  'listen-failed': [
    {
      when: 'the port is taken',
      async failsBeside(scene) {
        const tcp = { sender: { transport: tcpTransport() }, server: { transport: tcpTransport() } };
        const { server } = await scene.open(tcp);
        return scene.open({ ...tcp, server: { ...tcp.server, port: server.port } });
      },
    },
  ],
  internal: [
    {
      when: 'what should not throw does: the function that puts off writes, here',
      async fails(scene) {
        let isBroken = false;
        const defer = (call: () => void) => {
          if (isBroken) throw new Error('own mistake');
          queueMicrotask(call);
        };
        const { sender } = await scene.open({ sender: { defer } });
        isBroken = true;
        const failure = await failureOf(sender.send(echo));
        isBroken = false;
        throw failure;
      },
    },
  ],
} satisfies Endings;
