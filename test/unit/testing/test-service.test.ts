import {
  type CmdStreamError,
  command,
  createSender,
  defineProtocol,
  json,
  memoryTransport,
  result,
  serve,
} from 'cmd-stream';
import { type TestService, testService } from 'cmd-stream/testing';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { rejection } from '../wire/transport/support.ts';

class Greeter {
  greeted = 0;
}

const greeting = defineProtocol({
  results: { Text: result<string>(), Tick: result<{ n: number; last: boolean }>({ lastOne: ({ last }) => last }) },
  commands: {
    Greet: command<{ name: string }>().returns('Text'),
    Count: command<number>().returns('Tick'),
    Hang: command<null>().returns('Text'),
  },
});

const handlers = {
  Greet: ({ name }: { name: string }, { receiver }: { receiver: Greeter }) => {
    receiver.greeted++;
    return `hello ${name}`;
  },
  async *Count(to: number) {
    for (let n = 1; n <= to; n++) yield { n, last: n === to };
  },
  Hang: () => new Promise<string>(() => undefined),
};

describe('testService', () => {
  it('serves a protocol, and connects a sender to it, typed, until it is disposed', async () => {
    const receiver = new Greeter();
    let kept: TestService<typeof greeting>;
    {
      await using service = await testService(greeting, receiver, handlers);
      kept = service;
      const answer = service.sender.send(greeting.Greet({ name: 'Ann' }));
      expectTypeOf(answer).resolves.toBeString();
      expect(await answer).toBe('hello Ann');
      const seen: number[] = [];
      for await (const { n } of service.sender.sendMulti(greeting.Count(3))) seen.push(n);
      expect([seen, receiver.greeted, service.server.connections]).toEqual([[1, 2, 3], 1, 1]);
    }
    await kept.server.done;
    expect(kept.sender.status.state).toBe('closed');
  });

  it('takes no port: any number of them live side by side', async () => {
    const services = await Promise.all([1, 2, 3].map(() => testService(greeting, new Greeter(), handlers)));
    const texts = services.map(({ sender }, n) => sender.send(greeting.Greet({ name: `${n}` })));
    expect(await Promise.all(texts)).toEqual(['hello 0', 'hello 1', 'hello 2']);
    await Promise.all(services.map((service) => service.close()));
  });

  it('waits for nothing at its end: what is under way fails with closed', async () => {
    const service = await testService(greeting, new Greeter(), handlers);
    const hanging = rejection(service.sender.send(greeting.Hang(null)));
    await service.close();
    expect(await hanging).toMatchObject({ code: 'closed' });
  });

  it('hands options on to both sides, and a codec and a ServerInfo to either', async () => {
    const names: string[] = [];
    await using service = await testService(greeting, new Greeter(), handlers, {
      codec: json(),
      serverInfo: 'greeting-1/json',
      server: {
        invoker: (invoked, _, next) => {
          names.push(`server ${invoked.name}`);
          return next();
        },
      },
      sender: { clients: 2, hooks: ({ name }) => ({ onEnd: () => names.push(`sender ${name}`) }) },
    });
    await service.sender.send(greeting.Greet({ name: 'Bo' }));
    expect([names, service.sender.group.size]).toEqual([['server Greet', 'sender Greet'], 2]);
    const { transport, address } = service;
    const other = await rejection(createSender(greeting, { transport, address }));
    expect(other).toMatchObject({ code: 'server-info-mismatch' });
  });

  it('has types that are checked', async () => {
    const mistakes = () => [
      // @ts-expect-error: a handler is missing.
      testService(greeting, new Greeter(), { Greet: handlers.Greet }),
      // @ts-expect-error: the receiver is another one.
      testService(greeting, 'greeter', handlers),
      // @ts-expect-error: it is in memory.
      testService(greeting, new Greeter(), handlers, { server: { port: 9000 } }),
    ];
    expect(mistakes).toBeTypeOf('function');
  });

  it.each([
    [{ servers: {} }, "testService() has no option 'servers'; did you mean 'server'?"],
    [{ server: { prot: 1 } }, "serve() has no option 'prot'; did you mean 'port'?"],
    [{ sender: { clients: 0 } }, "option 'clients' must be"],
    [{ server: null }, "option 'server' of testService() must be an object; got null"],
    [
      { sender: new Greeter() },
      "option 'sender' of testService() must be an object; got an object of the class Greeter",
    ],
    [{ server: { port: 9000 } }, "option 'server.port' must be left out: it is all in memory; got 9000"],
    [{ sender: { serverInfo: 'v2' } }, "option 'sender.serverInfo' must be left out: it is an option of both sides"],
    [{ sender: Proxy.revocable({}, {}).proxy }, "option 'sender' of testService() must be an object; got a Proxy"],
  ])('refuses %j, and leaves nothing open', async (options, message) => {
    const error = await rejection(testService(greeting, new Greeter(), handlers, options as never));
    expect((error as CmdStreamError).code).toBe('invalid-argument');
    expect(error.message).toContain(message);
  });
});

it('memoryTransport connects what is on the same object', async () => {
  const transport = memoryTransport();
  const server = await serve(greeting, new Greeter(), handlers, { transport });
  const sender = await createSender(greeting, { transport, address: server.address });
  expect(await sender.send(greeting.Greet({ name: 'Cy' }))).toBe('hello Cy');
  await sender.close();
  await server.close();
});
