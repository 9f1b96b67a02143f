import {
  type Codec,
  circuitBreakerHooks,
  composeHooks,
  createCircuitBreaker,
  createSender,
  type HooksFactory,
  json,
  memoryTransport,
  serve,
} from 'cmd-stream';
import { lengthPrefixed } from 'cmd-stream/codec';
import { afterEach, describe, expect, it } from 'vitest';
import { memberNames } from '../../../../src/base/options/member-names.ts';
import { calc } from '../../../e2e/support/calc.ts';

const NAMES = ['beforeSend', 'onResult', 'onEnd'];
const call = () => {};
const refusal = (message: string) =>
  expect.objectContaining({ code: 'invalid-argument', message: expect.stringContaining(message) });

describe('the members of an object', () => {
  it.each([
    ['beforSend', 'beforeSend'],
    ['beforesend', 'beforeSend'],
    ['before_send', 'beforeSend'],
    ['onResults', 'onResult'],
    ['onEdn', 'onEnd'],
  ])('are refused where one is misspelt: %s', (misspelt, meant) => {
    const refused = `it has no '${misspelt}', which would be ignored; did you mean '${meant}'?`;
    expect(() => memberNames('it', { [misspelt]: call }, NAMES)).toThrow(refused);
  });

  it('are refused unread', () => {
    const object = {
      get onRezult(): never {
        throw new Error('read');
      },
    };
    expect(() => memberNames('it', object, NAMES)).toThrow("did you mean 'onResult'?");
  });

  it.each([
    ['those that are known', { beforeSend: call, onResult: call, onEnd: call }],
    ['others that are near none', { start: call, sinceMs: 5 }],
    ['values that nobody would call', { onEdn: 5, beforSend: undefined }],
    ['one that is near one which is there', { onEnd: call, onEnds: call }],
    ['those of a class', new (class { beforSend = call; })()], // biome-ignore format: one line
    ['those of a prototype', Object.create({ beforSend: call })],
    ['none', Object.freeze({})],
  ])('may be %s', (_, object) => {
    expect(() => memberNames('it', object, NAMES)).not.toThrow();
  });
});

const closes: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closes.splice(0).reverse()) await close();
});

const handlers: Parameters<typeof serve<typeof calc, null, never>>[2] = new Proxy({} as never, {
  get: () => () => 5,
});

async function senderWith(hooks: HooksFactory) {
  const transport = memoryTransport();
  const server = await serve(calc, null, handlers, { transport, port: 1 });
  closes.push(() => server.close());
  const sender = await createSender(calc, { address: server.address, transport, hooks });
  closes.push(() => sender.close());
  return sender;
}

const misspelt = (() => ({ beforSend: call })) as HooksFactory;
const add = calc.Add({ a: 2, b: 3 });

describe('a misspelt hook', () => {
  it.each([
    ['of a factory', misspelt],
    ['of a composed factory', composeHooks(() => ({ onEnd: call }), misspelt)],
    ['behind a circuit breaker', circuitBreakerHooks(createCircuitBreaker(), misspelt)],
  ])('%s refuses each send', async (_, hooks) => {
    const sender = await senderWith(hooks);
    for (let sends = 0; sends < 3; sends++) {
      await expect(sender.send(add)).rejects.toEqual(refusal("did you mean 'beforeSend'?"));
    }
  });

  it('of one type of Commands refuses those', async () => {
    const sender = await senderWith((({ name }) =>
      name === 'Add' ? { onEnd: call } : { onRezult: call }) as HooksFactory);
    expect(await sender.send(add)).toBe(5);
    const others = Object.keys(calc).filter((name) => name !== 'Add');
    const other = (calc as unknown as Record<string, (payload: unknown) => never>)[others[0] as string];
    await expect(sender.send(other?.({}) as never)).rejects.toEqual(refusal("did you mean 'onResult'?"));
  });
});

describe('a misspelt member', () => {
  it('of a payload format refuses the codec', async () => {
    const codec = lengthPrefixed('own', () => ({ write: call, read: call, wiegh: () => 0 }) as never);
    const created = createSender(calc, { address: 'a:1', codec, lazy: true });
    await expect(created).rejects.toEqual(refusal("did you mean 'weigh'?"));
  });

  it('of a coder refuses the codec', async () => {
    const codec = { name: 'own', bind: () => ({ encode: call, decode: call, skipp: call }) } as unknown as Codec;
    await expect(serve(calc, null, handlers, { codec })).rejects.toEqual(refusal("did you mean 'skip'?"));
    expect(json().bind({ kind: 'command', types: [], maxPayloadBytes: 1 })).toBeDefined();
  });

  it('of the handlers is told where one is missing', async () => {
    const own = Object.fromEntries(Object.keys(calc).map((name) => [name === 'Add' ? 'add' : name, call]));
    await expect(serve(calc, null, own as never)).rejects.toEqual(
      refusal("the Command 'Add' needs a handler function; got undefined; is it 'add'?"),
    );
  });

  it('of the option inspect is no member of an observer', async () => {
    const inspect = { next: call, everyNth: 10 } as never;
    const created = createSender(calc, { address: 'a:1', lazy: true, inspect });
    await expect(created).rejects.toEqual(refusal("with it as 'observer'"));
  });
});
