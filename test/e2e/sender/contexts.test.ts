import { AsyncLocalStorage } from 'node:async_hooks';
import {
  CmdStreamError,
  composeHooks,
  createCircuitBreaker,
  type Hooks,
  memoryTransport,
  serve,
  type Transport,
  tcpTransport,
} from 'cmd-stream';
import type { ByteStream } from 'cmd-stream/transport';
import { describe, expect, it } from 'vitest';
import { failureOf, onePlusOne, sleep, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { answer, answers, collect, MODES } from './support.ts';

const { onEnd, peer, sender } = stage();
const storage = new AsyncLocalStorage<string>();
const CALLERS = ['A', 'B', 'C'];
const forEachCaller = (task: (caller: string) => Promise<unknown>) =>
  Promise.all(CALLERS.map((caller) => storage.run(caller, () => task(caller))));

/** Hooks that note, under the caller that they were made for, whose context each of their methods runs in. */
function contexts() {
  const seen: string[] = [];
  const hooks = (): Hooks => {
    const caller = storage.getStore();
    const note = (method: string) => () => void seen.push(`${method} of ${caller} in ${storage.getStore()}`);
    return {
      beforeSend: note('beforeSend'),
      onResult: note('onResult'),
      onError: note('onError'),
      onTimeout: note('onTimeout'),
      onCancel: note('onCancel'),
      onEnd: note('onEnd'),
    };
  };
  const of = (...methods: string[]) =>
    methods.flatMap((method) => CALLERS.map((caller) => `${method} of ${caller} in ${caller}`)).sort();
  return { seen: () => seen.sort(), hooks, of };
}

/** A transport whose sockets note in whose context they are dialled and read. */
function watchedTransport(inner: Transport = tcpTransport()) {
  const seen: string[] = [];
  const note = (what: string) => seen.push(`${what} in ${storage.getStore()}`);
  const connect = async (address: string, signal: AbortSignal): Promise<ByteStream> => {
    note('dialled');
    const stream = await inner.connect(address, signal);
    note('connected');
    const open = stream.open.bind(stream);
    stream.open = (consumer) =>
      open({
        data: (bytes) => {
          note('read');
          consumer.data(bytes);
        },
        drained: () => consumer.drained(),
        closed: (error) => {
          note('closed');
          consumer.closed(error);
        },
      });
    return stream;
  };
  return { seen, transport: { ...inner, listen: inner.listen.bind(inner), connect } };
}

describe.each(MODES)('the async context of hooks, requests running %s', (_, mode) => {
  const connected = async (more: object) => await sender({ address: (await peer(answers)).address, ...mode, ...more });

  it.each<[string, (client: Awaited<ReturnType<typeof connected>>, caller: string) => Promise<unknown>, string[]]>([
    ['a Result', (client) => client.send(onePlusOne), ['beforeSend', 'onResult', 'onEnd']],
    ['an error', (client) => failureOf(client.send(calc.Fail({ message: 'no' }))), ['beforeSend', 'onError', 'onEnd']],
    [
      'a deadline that all share',
      (client) => failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs: 30 })),
      ['beforeSend', 'onTimeout', 'onEnd'],
    ],
    [
      'the end of the sender',
      async (client, caller) => {
        const failed = failureOf(client.send(calc.Wait({ ms: 1 })));
        if (caller === 'C') void client.close();
        return await failed;
      },
      ['beforeSend', 'onError', 'onEnd'],
    ],
  ])("F8: is their send's, told of %s", async (_, send, methods) => {
    const { seen, hooks, of } = contexts();
    const client = await storage.run('the maker', () => connected({ hooks }));
    await forEachCaller((caller) => send(client, caller));
    expect(seen()).toEqual(of(...methods));
  });

  it("F8: is their send's where somebody else cancels it", async () => {
    const { seen, hooks, of } = contexts();
    const client = await connected({ hooks });
    const controller = new AbortController();
    const sends = forEachCaller(() => failureOf(client.send(calc.Wait({ ms: 1 }), { signal: controller.signal })));
    storage.run('the one who cancels', () => controller.abort());
    await sends;
    expect(seen()).toEqual(of('beforeSend', 'onCancel', 'onEnd'));
  });

  it("F8: is their send's for streams, composed hooks and those that wait before they send", async () => {
    const { seen, hooks, of } = contexts();
    const breaker = createCircuitBreaker();
    onEnd(() => breaker.stop());
    const waiting = () => ({ beforeSend: () => sleep(5) });
    const client = await storage.run('the maker', () =>
      connected({ hooks: composeHooks(waiting, hooks), circuitBreaker: breaker }),
    );
    await forEachCaller(() => collect(client.sendMulti(calc.Countdown({ from: 1 }))));
    expect(seen()).toEqual(of('beforeSend', 'onResult', 'onEnd'));
  });

  it("F8: is their send's for those that learn that others refused after a while", async () => {
    const { seen, hooks, of } = contexts();
    const refusing = () => ({
      async beforeSend() {
        await sleep(5);
        throw new CmdStreamError('refused', 'no');
      },
    });
    const client = await connected({ hooks: composeHooks(hooks, refusing) });
    await forEachCaller(() => failureOf(client.send(onePlusOne)));
    expect(seen()).toEqual(of('beforeSend', 'onError', 'onEnd'));
  });
});

describe('the async context of other callbacks', () => {
  it('F8: is the caller for the handler of a stream, and for receivers of the group', async () => {
    const { address } = await peer(answers);
    const client = await storage.run('the maker', () => sender({ address }));
    const seen: string[] = [];
    await forEachCaller(async (caller) => {
      const note = () => void seen.push(`${caller} in ${storage.getStore()}`);
      await client.sendMulti(calc.Countdown({ from: 1 }), note);
      await new Promise<void>((resolve) => {
        client.group.send(onePlusOne, { result: () => resolve(note()), failed: note });
      });
      await new Promise<void>((resolve) => {
        const failed = () => resolve(note());
        client.group.sendWithDeadline(calc.Wait({ ms: 1 }), Date.now() + 30, { result: note, failed });
      });
    });
    expect(seen.sort()).toEqual(CALLERS.flatMap((caller) => Array(3).fill(`${caller} in ${caller}`)));
  });

  it("F8: is the maker of the sender for what is nobody's send, and the subscriber for what he subscribed to", async () => {
    const { address } = await peer({
      onCommand: (command) => {
        answer(command);
        answer(command);
      },
    });
    const seen = new Set<string>();
    const note = (what: string) => () => void seen.add(`${what} in ${storage.getStore()}`);
    const breaker = storage.run('the maker of the breaker', () =>
      createCircuitBreaker({
        windowSize: 1,
        failureRate: 1,
        onStateChange: note('onStateChange'),
        onSuccess: note('onSuccess'),
        onFailure: note('onFailure'),
      }),
    );
    onEnd(() => breaker.stop());
    const client = await storage.run('the maker', () =>
      sender({
        address,
        circuitBreaker: breaker,
        onUnexpectedResult: note('onUnexpectedResult'),
        onStatus: note('onStatus'),
      }),
    );
    storage.run('the subscriber', () => client.subscribe(note('a listener')));
    await storage.run('A', () => client.send(onePlusOne));
    await storage.run('B', () => failureOf(client.send(calc.Fail({ message: 'no' }))));
    await storage.run('C', () => client.close());
    expect([...seen].sort()).toEqual([
      'a listener in the subscriber',
      'onFailure in the maker of the breaker',
      'onStateChange in the maker of the breaker',
      'onStatus in the maker',
      'onSuccess in the maker of the breaker',
      'onUnexpectedResult in the maker',
    ]);
  });
});

describe("a socket's async context", () => {
  it("A11: is nobody's, whoever made the sender, and whoever caused that its connections were lost", async () => {
    const server = await peer({
      onCommand: (command) => {
        if (command.type === 2) command.connection.reset();
        else answer(command);
      },
    });
    const { seen, transport } = watchedTransport();
    const client = await storage.run('the maker', () =>
      sender({
        transport,
        address: () => {
          seen.push(`asked in ${storage.getStore()}`);
          return server.address;
        },
      }),
    );
    for (const caller of CALLERS) {
      await storage.run(caller, () => failureOf(client.send(calc.Echo('goodbye'))));
      await storage.run(caller, () => client.send(onePlusOne, { waitForReady: true }));
    }
    await storage.run('the one who closes', () => client.close());
    expect(new Set(seen)).toEqual(
      new Set(['asked', 'dialled', 'connected', 'read', 'closed'].map((what) => `${what} in undefined`)),
    );
    expect(seen.filter((what) => what.startsWith('dialled'))).toHaveLength(4);
  });

  it("A11: is nobody's where it is dialled when the last Command that a client waited for is cancelled", async () => {
    const servers = [await peer(answers), await peer(answers)];
    let current = 0;
    const { seen, transport } = watchedTransport();
    const client = await sender({
      transport,
      address: () => servers[current]?.address ?? '',
      addressRefreshMs: 10,
    });
    const controller = new AbortController();
    const waiting = storage.run('A', () => failureOf(client.send(calc.Wait({ ms: 1 }), { signal: controller.signal })));
    current = 1;
    await soon(() => client.status.clients[0]?.state === 'ready' && servers[1]?.accepted === 0).toBe(false);
    storage.run('B', () => controller.abort());
    await waiting;
    await soon(() => servers[1]?.accepted).toBe(1);
    await storage.run('C', () => client.send(onePlusOne, { waitForReady: true }));
    const dialled = seen.filter((what) => what.startsWith('dialled'));
    expect(dialled).toEqual(['dialled in undefined', 'dialled in undefined']);
  });

  it.each([
    ['tcp', tcpTransport()],
    ['memory', memoryTransport()],
  ])('A11: is not that of whoever called serve(), nor of whoever sends (%s)', async (_, inner) => {
    const seen: unknown[] = [];
    const note = () => void seen.push(storage.getStore());
    const server = await storage.run('who serves', () =>
      serve(
        calc,
        null,
        {
          Add: ({ a, b }) => {
            note();
            return a + b;
          },
          async *Countdown() {
            yield { n: 1, last: true };
          },
          Echo: (text) => text,
          Find: () => ({ type: 'Text', value: 'found' }),
          Fail: () => 0,
          Wait: () => 0,
        },
        { transport: inner, onConnection: note },
      ),
    );
    onEnd(() => server.close());
    const { seen: ofClient, transport } = watchedTransport(inner);
    const client = await storage.run('the maker', () => sender({ address: server.address, transport }));
    await storage.run('A', () => client.send(onePlusOne));
    await storage.run('B', () => client.send(onePlusOne));
    expect(seen).toEqual([undefined, undefined, undefined]);
    expect(new Set(ofClient)).toEqual(new Set(['dialled', 'connected', 'read'].map((what) => `${what} in undefined`)));
  });
});
