import { getEventListeners } from 'node:events';
import { type CmdStreamError, type Codec, createSender, msgpack } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { deadAddress, eventLoopTurn, failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { LeakWatch } from '../support/leaks.ts';
import { answers } from './support.ts';

const { peer, sender, silentServer, onEnd } = stage();

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

/** What is left of timers at this moment. */
function watch(): () => Promise<string[]> {
  const leaks = new LeakWatch();
  onEnd(() => leaks.stop());
  return async () => (await leaks.whatIsLeft(0)).filter((left) => left.startsWith('timer'));
}

describe('A7: the signal of createSender()', () => {
  it('that has fired already rejects, and dials nothing, lazy or not', async () => {
    const server = await silentServer();
    const reason = new Error('too late');
    const signal = AbortSignal.abort(reason);
    for (const lazy of [false, true]) {
      const error = await failureOf(createSender(calc, { address: server.address, signal, lazy }));
      expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: false, cause: reason });
      expect(error.message).toBe('createSender() was cancelled by its caller, before a client was ready');
    }
    expect(server.accepted).toBe(0);
  });

  it.each([
    ['a handshake is under way', async () => (await silentServer()).address],
    ['nobody listens', deadAddress],
    ['an address function thinks', async () => () => new Promise<string>(() => undefined)],
  ] as const)('that fires while %s rejects, and leaves nothing behind', async (_, addressOf) => {
    const left = watch();
    const controller = new AbortController();
    const { signal } = controller;
    const address = await addressOf();
    const creation = failureOf(
      createSender(calc, {
        address: typeof address === 'function' ? address : () => address,
        clients: 3,
        signal,
        // Where nobody listens, the first attempts have failed soon: with the first of them it fires at the latest.
        onStatus: () => controller.abort('enough'),
      }),
    );
    await eventLoopTurn();
    controller.abort('enough');
    expect(await creation).toMatchObject({ code: 'cancelled', cause: 'enough' });
    expect(listeners(signal)).toBe(0);
    expect(await left()).toEqual([]);
  });

  it('that fires once its server has been reached closes the connection', async () => {
    const server = await silentServer();
    const controller = new AbortController();
    const creation = failureOf(createSender(calc, { address: server.address, signal: controller.signal }));
    await expect.poll(() => server.connections.size).toBe(1);
    controller.abort();
    expect(await creation).toMatchObject({ code: 'cancelled', cause: { name: 'AbortError' } });
    await expect.poll(() => server.connections.size).toBe(0);
  });

  it.each([false, true])('that fires later closes the sender: lazy %s', async (lazy) => {
    const server = await peer({});
    const controller = new AbortController();
    const { signal } = controller;
    const client = await sender({ address: server.address, signal, lazy });
    const send = failureOf(client.send(onePlusOne, { waitForReady: true }));
    await expect.poll(() => server.commands.length).toBe(1);
    controller.abort();
    expect(await send).toMatchObject({ code: 'closed', mayHaveExecuted: true });
    await client.done;
    expect(listeners(signal)).toBe(0);
    expect(await failureOf(client.send(onePlusOne))).toMatchObject({ code: 'closed' });
  });

  it.each(['codec', 'random'])(
    'R1: is heard where the option %s fires it, in the middle of createSender',
    async (by) => {
      const { address } = await peer(answers);
      for (const lazy of [false, true]) {
        const controller = new AbortController();
        const { signal } = controller;
        const bind: Codec['bind'] = (messages) => {
          controller.abort('enough');
          return msgpack().bind(messages);
        };
        const random = () => {
          controller.abort('enough');
          return 0.5;
        };
        const own = by === 'codec' ? { codec: { name: 'own', bind } } : { random };
        const options = { address, signal, lazy, ...own };
        const made = await createSender(calc, options).catch((error: CmdStreamError) => error.code);
        if (typeof made === 'string') expect(made).toBe('cancelled');
        else {
          expect(await failureOf(made.send(onePlusOne))).toMatchObject({ code: 'closed', mayHaveExecuted: false });
          await made.done;
        }
        expect(listeners(signal)).toBe(0);
      }
    },
  );

  it('is left alone once the sender is closed, or could not be made', async () => {
    const server = await peer(answers);
    const { signal } = new AbortController();
    const closed = await sender({ address: server.address, signal });
    const drained = await sender({ address: server.address, signal });
    expect(await closed.send(onePlusOne, { signal })).toBe(2);
    expect(listeners(signal)).toBeGreaterThan(0);
    await closed.close();
    await drained.drain();
    await failureOf(createSender(calc, { address: await deadAddress(), signal }));
    await failureOf(createSender(calc, { address: server.address, serverInfo: 'other', signal }));
    expect(listeners(signal)).toBe(0);
  });

  it('may be shared by many without a warning, and closes them all', async () => {
    const server = await peer(answers);
    const controller = new AbortController();
    const { signal } = controller;
    const clients = await Promise.all(Array.from({ length: 12 }, () => sender({ address: server.address, signal })));
    controller.abort();
    await Promise.all(clients.map((client) => client.done));
    expect(clients.map((client) => client.status.state)).toEqual(clients.map(() => 'closed'));
  });

  it('is known by what it can do, of another realm or a polyfill', async () => {
    const server = await peer(answers);
    let fire: () => void = () => undefined;
    const foreign = {
      aborted: false,
      reason: undefined as unknown,
      addEventListener(_: string, listener: { handleEvent(): void }) {
        fire = () => listener.handleEvent();
      },
      removeEventListener() {
        fire = () => undefined;
      },
    };
    const client = await sender({ address: server.address, signal: foreign as unknown as AbortSignal });
    foreign.reason = 'theirs';
    fire();
    await client.done;
  });

  it.each([
    ['fires at once', { addEventListener: (_: string, on: { handleEvent(): void }) => on.handleEvent() }, 'cancelled'],
    ['throws', { addEventListener: () => sooner('no') }, 'invalid-argument'],
  ])('that only looks like one, and %s, is refused', async (_, own, code) => {
    const server = await silentServer();
    const signal = { aborted: false, reason: 'why', removeEventListener() {}, ...own } as unknown as AbortSignal;
    const error: CmdStreamError = await failureOf(createSender(calc, { address: server.address, signal }));
    expect(error).toMatchObject({ code });
    expect(server.accepted).toBe(0);
  });
});

function sooner(message: string): never {
  throw new Error(message);
}
