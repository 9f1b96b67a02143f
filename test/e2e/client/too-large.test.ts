import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CmdStreamError,
  type Codec,
  command,
  createSender,
  defineProtocol,
  json,
  memoryTransport,
  msgpack,
  result,
  serve,
  type Transport,
  tcpTransport,
} from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Text: result<string>(), Part: result<{ text: string; last: boolean }>({ lastOne: ({ last }) => last }) },
  commands: {
    Slow: command<string>().returns('Text'),
    /** A text of that many characters. */
    Make: command<number>().returns('Text'),
    Take: command<string>().returns('Text'),
    Parts: command<number[]>().returns('Part'),
  },
});

const LIMIT = 100_000;

const setups: [string, () => { codec: Codec; transport: Transport }][] = [
  ['msgpack over tcp', () => ({ codec: msgpack(), transport: tcpTransport() })],
  ['json over tcp', () => ({ codec: json(), transport: tcpTransport() })],
  ['msgpack in memory', () => ({ codec: msgpack(), transport: memoryTransport() })],
];

describe.each(setups)('F14: %s, a frame over the limit', (_name, setup) => {
  /** A server and a sender with one connection, whose limits differ. */
  async function connected(limits: { server?: number; client?: number; goClients?: boolean }) {
    const { codec, transport } = setup();
    const lost: unknown[] = [];
    const taken: string[] = [];
    const ended: string[] = [];
    const server = await serve(
      protocol,
      null,
      {
        Slow: (name) => sleep(300, name),
        Make: (length) => 'x'.repeat(length),
        Take(text) {
          taken.push(text);
          return `${text.length}`;
        },
        async *Parts(lengths) {
          try {
            for (const [index, length] of lengths.entries()) {
              yield { text: 'x'.repeat(length), last: index === lengths.length - 1 };
            }
          } finally {
            ended.push('Parts');
          }
        },
      },
      {
        codec,
        transport,
        maxFrameBytes: limits.server,
        goClients: limits.goClients,
        onConnectionLost: ({ error }) => lost.push(error),
      },
    );
    const unexpected: unknown[] = [];
    const sender = await createSender(protocol, {
      address: server.address,
      codec,
      transport,
      reconnect: false,
      maxFrameBytes: limits.client,
      onUnexpectedResult: (one) => unexpected.push(one),
    });
    return { server, sender, lost, taken, ended, unexpected };
  }

  it('fails only its own request where a Result is over the limit of the client', async () => {
    const { server, sender, lost } = await connected({ client: LIMIT });
    await using _server = server;
    await using _sender = sender;
    const names = Array.from({ length: 10 }, (_, index) => `neighbour ${index}`);
    const neighbours = names.map((name) => sender.send(protocol.Slow(name)));
    for (let count = 0; count < 3; count++) {
      const error = (await sender.send(protocol.Make(2 * LIMIT)).catch((thrown) => thrown)) as CmdStreamError;
      expect(error).toMatchObject({ code: 'frame-too-large', mayHaveExecuted: true });
      expect(error.message).toMatch(/^Make: .*over the client's limit of 100000 bytes \(option 'maxFrameBytes' of the/);
    }
    expect(await sender.send(protocol.Make(10))).toBe('x'.repeat(10));
    expect(await Promise.all(neighbours)).toEqual(names);
    expect(lost).toEqual([]);
  });

  it('fails only its own request where a Command is over the limit of the server', async () => {
    const { server, sender, lost, taken } = await connected({ server: LIMIT });
    await using _server = server;
    await using _sender = sender;
    const names = Array.from({ length: 10 }, (_, index) => `neighbour ${index}`);
    const neighbours = names.map((name) => sender.send(protocol.Slow(name)));
    for (const length of [2 * LIMIT, 30 * LIMIT]) {
      const error = (await sender.send(protocol.Take('x'.repeat(length))).catch((thrown) => thrown)) as CmdStreamError;
      expect(error).toMatchObject({
        code: 'command-invalid',
        mayHaveExecuted: false,
        cause: { code: 'frame-too-large' },
      });
      expect(error.message).toContain("over the server's limit of 100000 bytes (option 'maxFrameBytes' of the server)");
    }
    expect(await sender.send(protocol.Take('short'))).toBe('5');
    expect(taken).toEqual(['short']);
    expect(await Promise.all(neighbours)).toEqual(names);
    expect(lost).toEqual([]);
  });

  it.each([
    { ends: 'whose generator is told', goClients: false },
    { ends: 'whose server cannot be told, so that what follows is unexpected', goClients: true },
  ])('ends a stream with it, $ends', async ({ goClients }) => {
    const { server, sender, lost, ended, unexpected } = await connected({ client: LIMIT, goClients });
    await using _server = server;
    await using _sender = sender;
    const lengths: number[] = [];
    const reading = async () => {
      for await (const { text } of sender.sendMulti(protocol.Parts([1, 2, 2 * LIMIT, 3, 4]))) lengths.push(text.length);
    };
    await expect(reading()).rejects.toMatchObject({ code: 'frame-too-large', mayHaveExecuted: true });
    expect(lengths).toEqual([1, 2]);
    expect(await sender.send(protocol.Make(1))).toBe('x');
    // The rest of the stream comes when its server has a turn for it; one that is told in time sends less of it, or nothing.
    if (goClients) await expect.poll(() => unexpected).toMatchObject([{ type: 'Part' }, { type: 'Part' }]);
    else await expect.poll(() => ended).toEqual(['Parts']);
    expect(lost).toEqual([]);
  });
});
