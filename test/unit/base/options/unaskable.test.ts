import {
  CmdStreamError,
  type Command,
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  type ResultReceiver,
  result,
  type Sender,
  type SenderOptions,
  type Server,
  type ServerOptions,
  serve,
} from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const echo = defineProtocol({
  results: { Out: result<number>() },
  commands: { Echo: command<number>().returns('Out') },
});
const handlers = { Echo: (value: number) => value };

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};
const fails = (): never => {
  throw new Error('asked');
};
const throwing = (): object => new Proxy({}, { get: fails, has: fails, ownKeys: fails, getPrototypeOf: fails });

const unreadableList = (): object => new Proxy([], { get: fails });

const codeOf = async (attempt: () => unknown): Promise<unknown> => {
  try {
    await attempt();
  } catch (error) {
    return error instanceof CmdStreamError ? error.code : error;
  }
  return 'accepted';
};

describe.each([
  ['a Proxy that was revoked', revoked],
  ['an object that throws when it is asked', throwing],
])('%s', (_, make) => {
  const transport = memoryTransport();
  let server: Server;
  let sender: Sender<typeof echo>;
  beforeAll(async () => {
    server = await serve(echo, undefined, handlers, { transport });
    sender = await createSender(echo, { transport, address: server.address });
  });
  afterAll(async () => {
    await sender.close();
    await server.close();
  });

  it.each<keyof SenderOptions>([
    'address',
    'serverInfo',
    'codec',
    'transport',
    'signal',
    'dispatch',
    'reconnect',
    'keepalive',
    'circuitBreaker',
    'inspect',
    'clock',
  ])("is refused as option '%s' of createSender", async (name) => {
    const options = { address: server.address, transport, [name]: make() } as SenderOptions;
    expect(await codeOf(() => createSender(echo, options))).toBe('invalid-argument');
  });

  it.each<keyof ServerOptions>(['codec', 'transport', 'inspect', 'clock', 'serverInfo'])(
    "is refused as option '%s' of serve",
    async (name) => {
      const options = { transport: memoryTransport(), [name]: make() } as ServerOptions;
      expect(await codeOf(() => serve(echo, undefined, handlers, options))).toBe('invalid-argument');
    },
  );

  it('is no certificate, no key, no authority, and none is a list of them', async () => {
    const pem = '-----BEGIN CERTIFICATE-----';
    for (const tls of [{ ca: make() }, { ca: [make()] }, { ca: unreadableList() }, { cert: make(), key: pem }]) {
      const options = { address: 'a:1', tls } as SenderOptions;
      expect(await codeOf(() => createSender(echo, options))).toBe('invalid-argument');
    }
    for (const name of ['cert', 'key', 'ca']) {
      const tls = { cert: pem, key: pem, [name]: make() } as unknown as ServerOptions['tls'];
      expect(await codeOf(() => serve(echo, undefined, handlers, { tls }))).toBe('invalid-argument');
    }
  });

  it('is no signal, no Command, no receiver', async () => {
    const signal = make() as AbortSignal;
    const receiver = make() as unknown as ResultReceiver;
    expect(await codeOf(() => sender.send(echo.Echo(1), { signal }))).toBe('invalid-argument');
    expect(await codeOf(() => sender.send(make() as ReturnType<typeof echo.Echo>))).toBe('invalid-argument');
    expect(await codeOf(() => sender.group.send(make() as Command, receiver))).toBe('invalid-argument');
    expect(await codeOf(() => sender.group.send(echo.Echo(1), receiver))).toBe('invalid-argument');
  });

  it('rejects in place of throwing where a send takes it for a Command', () => {
    const sent = sender.send(make() as ReturnType<typeof echo.Echo>);
    return expect(sent).rejects.toMatchObject({ code: 'invalid-argument' });
  });

  it('is no protocol, no schema, no handlers, no definition', async () => {
    const foreign = make() as never;
    expect(await codeOf(() => createSender(make() as typeof echo, { address: 'a:1' }))).toBe('invalid-argument');
    expect(await codeOf(() => serve(make() as typeof echo, undefined, handlers))).toBe('invalid-argument');
    expect(await codeOf(() => serve(echo, undefined, make() as typeof handlers))).toBe('invalid-argument');
    expect(await codeOf(() => result(foreign))).toBe('invalid-argument');
    expect(await codeOf(() => command(foreign))).toBe('invalid-argument');
    expect(await codeOf(() => defineProtocol({ results: foreign, commands: foreign }))).toBe('invalid-argument');
    expect(await codeOf(() => defineProtocol({ results: { A: foreign }, commands: foreign }))).toBe('invalid-argument');
  });
});

it.each<keyof SenderOptions>(['address', 'serverInfo'])(
  "an array that cannot be read is refused as option '%s' of createSender",
  async (name) => {
    const options = { address: 'a:1', [name]: unreadableList() } as SenderOptions;
    expect(await codeOf(() => createSender(echo, options))).toBe('invalid-argument');
  },
);

describe('a receiver', () => {
  it.each([null, undefined, {}, { result() {} }, () => {}])(
    'is refused where it hears nothing: %s',
    async (receiver) => {
      const transport = memoryTransport();
      await using server = await serve(echo, undefined, handlers, { transport });
      await using sender = await createSender(echo, { transport, address: server.address });
      const attempt = () => sender.group.send(echo.Echo(1), receiver as unknown as ResultReceiver);
      expect(await codeOf(attempt)).toBe('invalid-argument');
    },
  );
});
