import { once } from 'node:events';
import { createServer } from 'node:net';
import {
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  result,
  serve,
  tcpTransport,
  tlsTransport,
} from 'cmd-stream';
import { createLocalInspector } from 'cmd-stream/inspect';
import { simulate } from 'cmd-stream/testing';
import { expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { dispatchStage, tales } from './dispatch-stage.ts';
import { collect } from './support.ts';

const stage = dispatchStage();
const tell = tales.Tell('a');
const aborted = AbortSignal.abort('why');
const misspelt = { address: '127.0.0.1:1', adress: 'x' } as never;
const nobody = { connection: () => {}, acceptError: () => {} };
const anywhere = { host: '127.0.0.1', port: 0, maxConnections: 1, handshakeTimeoutMs: 1_000 };
const handlers = { Tell: () => 'a', Hold: () => 'a', Count: () => 0 };

/** A sender that finds nobody. */
const lonely = async () => stage.sender({ address: `127.0.0.1:${await freePort()}`, lazy: true });

async function closedSender() {
  const sender = await lonely();
  await sender.close();
  return sender;
}

async function closedServer() {
  const server = await stage.serve();
  await server.close();
  return server;
}

async function endedStream() {
  const stream = (await closedSender()).sendMulti(tales.Count(1));
  await stream.next().catch(() => {});
  return stream;
}

/** Something that is over, or refused, at once, however often: prepared, and then tried. */
const WAYS: Record<string, () => Promise<() => Promise<unknown>>> = {
  'createSender(), an option that does not exist': async () => () => createSender(tales, misspelt),
  'createSender(), no options': async () => () => createSender(tales, undefined as never),
  'createSender(), no protocol': async () => () => createSender({} as never, misspelt),
  'createSender(), addresses that cannot be had': async () => {
    const address = () => {
      throw new Error('no');
    };
    return () => createSender(tales, { address, reconnect: false });
  },
  'createSender(), a transport that refuses': async () => {
    const transport = { name: 'none', connect: () => Promise.reject(new Error('no')), listen: () => never() };
    return () => createSender(tales, { address: 'a:1', transport, reconnect: false });
  },
  'serve(), an option that does not exist': async () => () => serve(tales, 0, handlers, { prot: 1 } as never),
  'serve(), handlers that are missing': async () => () => serve(tales, 0, {} as never),
  'serve(), a port that is taken': async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    taken.unref();
    const { port } = taken.address() as { port: number };
    return () => serve(tales, 0, handlers, { port });
  },
  'a lazy sender for each try': async () => async () => {
    await using sender = await createSender(tales, { address: '127.0.0.1:1', lazy: true });
    await sender.send(tell);
  },
  'close() of what is closed': async () => {
    const sender = await closedSender();
    return () => sender.close();
  },
  'drain() of what is closed': async () => {
    const sender = await closedSender();
    return () => sender.drain();
  },
  'closeAndWait(), a limit that is none': async () => {
    const sender = await lonely();
    return () => sender.closeAndWait(-1);
  },
  'group.drain(), a limit that is none': async () => {
    const { group } = await lonely();
    return () => group.drain({ timeoutMs: -1 });
  },
  'group.close() of what is closed': async () => {
    const { group } = await closedSender();
    return () => group.close();
  },
  'shutdown(), an option that does not exist': async () => {
    const server = await stage.serve();
    return () => server.shutdown({ timeout: 1 } as never);
  },
  'shutdown() of what is closed': async () => {
    const server = await closedServer();
    return () => server.shutdown();
  },
  'close() of a server that is closed': async () => {
    const server = await closedServer();
    return () => server.close();
  },
  'statusChanges() of what is closed': async () => {
    const sender = await closedSender();
    return () => collect(sender.statusChanges());
  },
  'the end of statusChanges(), again and again': async () => {
    const changes = (await closedSender()).statusChanges();
    return () => collect(changes);
  },
  'a stream that has failed, again and again': async () => {
    const stream = await endedStream();
    return () => collect(stream);
  },
  'a stream that is over, left again and again': async () => {
    const stream = await endedStream();
    return () => stream.return?.() as Promise<unknown>;
  },
  'streams that are left at once': async () => {
    await stage.serve();
    const sender = await stage.sender();
    return async () => {
      for (let count = 0; count < 10; count++) await sender.sendMulti(tales.Count(1)).return?.();
    };
  },
  'sends that are cancelled at once': async () => {
    await stage.serve();
    const sender = await stage.sender();
    return async () => {
      const leave = new AbortController();
      const sending = sender.send(tales.Hold('a'), { signal: leave.signal });
      leave.abort();
      await sending;
    };
  },
  'tcpTransport(), an address that is none': async () => () => tcpTransport().connect('x', aborted),
  'tcpTransport(), cancelled already': async () => () => tcpTransport().connect('127.0.0.1:1', aborted),
  'tlsTransport(), cancelled already': async () => {
    const transport = tlsTransport();
    return () => transport.connect('127.0.0.1:1', aborted);
  },
  'tlsTransport(), nothing to listen with': async () => {
    const transport = tlsTransport();
    return () => transport.listen(anywhere, nobody);
  },
  'memoryTransport(), an address that is none': async () => {
    const transport = memoryTransport();
    return () => transport.connect('x', aborted);
  },
  'memoryTransport(), a port that is taken': async () => {
    const transport = memoryTransport();
    await transport.listen({ ...anywhere, port: 7 }, nobody);
    return () => transport.listen({ ...anywhere, port: 7 }, nobody);
  },
  'createLocalInspector(), an option that does not exist': async () => () => createLocalInspector({ prot: 1 } as never),
  'simulate(), an option that does not exist': async () => () => simulate(1, () => {}, { max: 1 } as never),
  'simulate(), a scenario that fails': async () => () =>
    simulate(1, () => {
      throw new Error('no');
    }),
};

const never = () => new Promise<never>(() => {});

it.each(Object.entries(WAYS))('F20: a loop without a wait freezes nothing: %s', async (_, prepare) => {
  const attempt = await prepare();
  await loop(attempt);
});

/** Tries until timers have fired; a loop that is frozen would never come to its end, nor would the test. */
async function loop(attempt: () => unknown): Promise<void> {
  const giveUp = AbortSignal.timeout(20);
  const endMs = performance.now() + 15_000;
  let timerFired = false;
  setTimeout(() => {
    timerFired = true;
  }, 10);
  while (!giveUp.aborted || !timerFired) {
    if (performance.now() > endMs) throw new Error('no timer has fired');
    try {
      await attempt();
    } catch {}
  }
}

const served = defineProtocol({
  results: { Number: result<number>(), Tick: result<number>({ lastOne: (n) => n === 0 }) },
  commands: { Retried: command().returns('Number'), Sent: command().returns('Tick') },
});

it('F20: an invoker that retries next() freezes nothing', async () => {
  let looped: Promise<void> | undefined;
  await using server = await serve(
    served,
    0,
    {
      Retried: () => {
        throw new Error('no');
      },
      Sent: () => 0,
    },
    {
      onHandlerError: () => {},
      invoker: (_, __, next) => {
        looped = loop(next);
        return looped.then(() => 1);
      },
    },
  );
  await using sender = await createSender(served, { address: server.address });
  expect(await sender.send(served.Retried())).toBe(1);
  await looped;
});

it('F20: a handler that goes on sending where nobody takes it freezes nothing', async () => {
  let looped: Promise<void> | undefined;
  await using server = await serve(served, 0, {
    Retried: () => 1,
    Sent: async (_, { proxy }) => {
      proxy.send(0);
      looped = loop(() => proxy.send(1));
      await looped;
    },
  });
  await using sender = await createSender(served, { address: server.address });
  expect(await collect(sender.sendMulti(served.Sent()))).toEqual([0]);
  await looped;
});

it('F20: a scenario that tries without a wait freezes nothing of its simulation', async () => {
  const { value } = await simulate(1, async ({ clock, createSender, serve }) => {
    let isOver = false;
    clock.setTimeout(() => {
      isOver = true;
    }, 10);
    let tries = 0;
    const attempts = [
      () => createSender(tales, { adress: 'x' } as never),
      () => serve(tales, () => 0, {} as never, {}),
      () => serve(tales, 0 as never, handlers, {}),
      () => createSender(tales, { address: 'a:1' }, { hots: 'x' } as never),
    ];
    for (; !isOver && tries < 50_000; tries++) await attempts[tries % 4]?.().catch(() => {});
    return isOver;
  });
  expect(value).toBe(true);
});
