import {
  type CircuitBreakerOptions,
  CommandFailure,
  command,
  createSender,
  defineProtocol,
  result,
  serve,
} from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../client/stage.ts';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const shop = defineProtocol({
  results: { Order: result<string>(), Tick: result<number>({ lastOne: () => false }) },
  commands: {
    Find: command<string>().returns('Order'),
    Ticks: command<void>().returns('Tick'),
    Hang: command<void>().returns('Tick'),
  },
});

/** A shop in which nothing can be found, and a sender of it. */
async function stage(circuitBreaker: CircuitBreakerOptions, hooks?: Parameters<typeof createSender>[1]['hooks']) {
  const state = { broken: false };
  const server = await serve(
    shop,
    null,
    {
      Find(id) {
        if (state.broken) throw new Error('the database is down');
        throw new CommandFailure('not-found', `there is no order ${id}`, { mayHaveExecuted: false });
      },
      async *Ticks(_, { signal }) {
        for (let n = 0; !signal.aborted; n++) {
          yield n;
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
      },
      Hang: (_, { signal }) =>
        new Promise<number>((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    },
    { onHandlerError: () => {} },
  );
  const sender = await createSender(shop, { address: server.address, circuitBreaker, hooks });
  return {
    state,
    sender,
    find: () => failureOf(sender.send(shop.Find('7'))),
    /** Opens the breaker, and waits until it is half-open. */
    async halfOpen() {
      state.broken = true;
      while (sender.circuitBreaker?.state === 'closed') await failureOf(sender.send(shop.Find('7')));
      state.broken = false;
      await expect.poll(() => sender.circuitBreaker?.state).toBe('half-open');
    },
    async [Symbol.asyncDispose]() {
      await sender.close();
      await server.close();
    },
  };
}

describe('a circuit breaker before a service', () => {
  it('A15: is not opened by what its callers ask wrongly', async () => {
    await using shopStage = await stage({ windowSize: 4, failureRate: 0.5, openDurationMs: 60_000 });
    for (let n = 0; n < 20; n++) expect(await shopStage.find()).toMatchObject({ failure: 'not-found' });
    expect(shopStage.sender.circuitBreaker?.state).toBe('closed');
  });

  it('is closed again by answers that are failures of the caller', async () => {
    await using shopStage = await stage({ windowSize: 2, openDurationMs: 50, successThreshold: 1 });
    await shopStage.halfOpen();
    await shopStage.find();
    expect(shopStage.sender.circuitBreaker?.state).toBe('closed');
  });

  it('F3: is not kept half-open by a stream that goes on', async () => {
    await using shopStage = await stage({ windowSize: 2, openDurationMs: 50, successThreshold: 1 });
    await shopStage.halfOpen();
    const live = shopStage.sender.sendMulti(shop.Ticks());
    expect((await live.next()).value).toBe(0);
    expect(shopStage.sender.circuitBreaker?.state).toBe('closed');
    expect(await shopStage.find()).toMatchObject({ failure: 'not-found' });
    expect((await live.next()).done).toBe(false);
    await live.return?.();
  });

  it('F3: is not kept half-open by a stream that gives nothing', async () => {
    await using shopStage = await stage({ windowSize: 2, openDurationMs: 50, successThreshold: 1 });
    await shopStage.halfOpen();
    const silent = failureOf(shopStage.sender.sendMulti(shop.Hang(), () => undefined));
    await expect.poll(async () => (await shopStage.find()).failure).toBe('not-found');
    expect(shopStage.sender.circuitBreaker?.state).toBe('closed');
    await shopStage.sender.close();
    await silent;
  });

  it('F3: is not kept half-open by a beforeSend hook that hangs', async () => {
    let hangs = false;
    const hooks = () => ({ beforeSend: () => (hangs ? new Promise<void>(() => {}) : undefined) });
    await using shopStage = await stage({ windowSize: 2, openDurationMs: 50, successThreshold: 1 }, hooks as never);
    await shopStage.halfOpen();
    hangs = true;
    const hanging = failureOf(shopStage.sender.sendMulti(shop.Ticks(), () => undefined));
    hangs = false;
    await expect.poll(async () => (await shopStage.find()).failure).toBe('not-found');
    expect(shopStage.sender.circuitBreaker?.state).toBe('closed');
    await shopStage.sender.close();
    expect(await hanging).toMatchObject({ code: 'closed' });
  });

  it('counts what its options say', async () => {
    const asked: string[] = [];
    await using shopStage = await stage({
      windowSize: 2,
      failureRate: 1,
      openDurationMs: 60_000,
      countsAsFailure(error, { command: { name }, seq }) {
        asked.push(`${name} ${seq} ${error.failure}`);
        return error.failure === 'not-found';
      },
    });
    await shopStage.find();
    await shopStage.find();
    expect(asked).toEqual(['Find 1 not-found', 'Find 2 not-found']);
    expect(shopStage.sender.circuitBreaker?.state).toBe('open');
  });
});
