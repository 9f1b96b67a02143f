import { type CmdStreamErrorCode, command, createSender, defineProtocol, json, result } from 'cmd-stream';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { listenOn } from '../../support/ports.ts';
import { deadAddress, failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc, ERROR, SUM, TEXT, TICK } from '../support/calc.ts';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { collect, flood } from './support.ts';

// `false` only where the server has certainly not executed the Command. Each way in which a send can fail is brought
// about here, with what the server saw beside it: nothing where the answer is `false`.

const { peer, sender, onEnd } = stage();

interface Outcome {
  readonly failure: Promise<unknown>;
  /** How many Commands the server may have got; checked once the send has failed. */
  readonly seen: () => number;
}

const countdown = calc.Countdown({ from: 9 });
const answering = (type: number, value: unknown) => (received: PeerCommand) =>
  received.connection.result(received.seq, type, value);
const errorResult = (code: string) => answering(ERROR, { code, message: 'no' });

async function connected(onCommand: (command: PeerCommand) => void = () => undefined, options: object = {}) {
  const server = await peer({ onCommand });
  const client = await sender({ address: server.address, ...options });
  const seen = () => server.commands.length;
  const sent = () => expect.poll(seen).toBeGreaterThan(0);
  return { server, client, seen, sent };
}

type Way = () => Promise<Outcome>;
type Case = [code: CmdStreamErrorCode, when: string, way: Way];
const never: Case[] = [
  [
    'invalid-argument',
    'an option is not acceptable',
    async () => {
      const { client, seen } = await connected();
      return { failure: client.send(onePlusOne, { timeoutMs: -1 }), seen };
    },
  ],
  [
    'refused',
    'a hook refuses',
    async () => {
      const { client, seen } = await connected(undefined, { hooks: () => ({ beforeSend: () => Promise.reject(1) }) });
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'circuit-open',
    'the circuit breaker is open',
    async () => {
      const circuitBreaker = { windowSize: 1, failureRate: 1, openDurationMs: 60_000 };
      const { client, server } = await connected(errorResult('command-failed'), { circuitBreaker });
      await failureOf(client.send(onePlusOne));
      return { failure: client.send(onePlusOne), seen: () => server.commands.length - 1 };
    },
  ],
  [
    'unavailable',
    'no client is ready',
    async () => {
      const client = await sender({ address: await deadAddress(), lazy: true });
      return { failure: client.send(onePlusOne), seen: () => 0 };
    },
  ],
  [
    'overloaded',
    'there is no room',
    async () => {
      const { client, server } = await connected(undefined, { maxPending: 1 });
      void failureOf(client.send(onePlusOne));
      return { failure: client.send(onePlusOne), seen: () => server.commands.length - 1 };
    },
  ],
  [
    'encode-failed',
    'the Command cannot be encoded',
    async () => {
      const { client, seen } = await connected();
      return { failure: client.send(calc.Echo(Symbol('no text') as never)), seen };
    },
  ],
  [
    'frame-too-large',
    'the Command is too large',
    async () => {
      const { client, seen } = await connected(undefined, { maxFrameBytes: 100 });
      return { failure: client.send(calc.Echo('x'.repeat(500))), seen };
    },
  ],
  [
    'timeout',
    'the deadline passes before it is sent',
    async () => {
      const client = await sender({ address: await deadAddress(), lazy: true, waitForReady: true });
      return { failure: client.send(onePlusOne, { timeoutMs: 20 }), seen: () => 0 };
    },
  ],
  [
    'cancelled',
    'its caller cancels before it is sent',
    async () => {
      const { client, seen } = await connected();
      return { failure: client.send(onePlusOne, { signal: AbortSignal.abort() }), seen };
    },
  ],
  [
    'closed',
    'the sender is closed already',
    async () => {
      const { client, seen } = await connected();
      await client.close();
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'closed',
    'the sender is closed before the Command has left',
    async () => {
      const { client, seen } = await connected();
      const failure = client.send(onePlusOne);
      void client.close();
      return { failure, seen };
    },
  ],
  [
    'connection-lost',
    'the connection goes before the Command has left',
    async () => {
      // The server reads nothing, so that writes wait; the second Command waits behind the first.
      const server = await peer({ onConnection: ({ socket }) => void setImmediate(() => socket.pause()) });
      const much = 64 * 1024 * 1024;
      const client = await sender({ address: server.address, maxFrameBytes: much, maxBufferedBytes: much });
      void failureOf(client.send(calc.Echo('x'.repeat(much / 2))));
      await new Promise((resolve) => setTimeout(resolve, 50));
      const failure = client.send(onePlusOne);
      setImmediate(() => server.connections[0]?.reset());
      return { failure, seen: () => server.commands.filter(({ type }) => type === 0).length };
    },
  ],
  [
    'command-invalid',
    'the server refuses the payload before any handler gets it',
    async () => {
      const { client } = await connected(errorResult('command-invalid'));
      return { failure: client.send(onePlusOne), seen: () => 0 };
    },
  ],
  ...(['overloaded', 'closed'] as const).map(
    (code): Case => [
      code,
      'the server says so, and that it did not',
      async () => {
        const { client } = await connected(errorResult(code));
        return { failure: client.send(onePlusOne), seen: () => 0 };
      },
    ],
  ),
];

const perhaps: typeof never = [
  [
    'timeout',
    'the deadline passes after it was sent',
    async () => {
      const { client, seen } = await connected();
      return { failure: client.send(onePlusOne, { timeoutMs: 60 }), seen };
    },
  ],
  [
    'timeout',
    'the deadline passes between two Results',
    async () => {
      const { client, seen } = await connected(answering(TICK, { n: 9, last: false }));
      return { failure: client.sendMulti(countdown, () => undefined, { timeoutMs: 60 }), seen };
    },
  ],
  [
    'cancelled',
    'its caller cancels after it was sent',
    async () => {
      const { client, seen, sent } = await connected();
      const controller = new AbortController();
      const failure = client.send(onePlusOne, { signal: controller.signal });
      failure.catch(() => undefined);
      await sent();
      controller.abort();
      return { failure, seen };
    },
  ],
  [
    'cancelled',
    'its caller cancels before it has left, since it leaves all the same',
    async () => {
      const { client, seen, sent } = await connected();
      const controller = new AbortController();
      const failure = client.send(onePlusOne, { signal: controller.signal });
      failure.catch(() => undefined);
      controller.abort();
      await sent();
      return { failure, seen };
    },
  ],
  [
    'connection-lost',
    'the connection goes after it was sent',
    async () => {
      const { client, seen } = await connected(({ connection }) => connection.reset());
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'connection-lost',
    'the server sends bytes that are no frame',
    async () => {
      const { client, seen } = await connected(({ connection }) => connection.raw(Buffer.alloc(20, 0xff)));
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'frame-too-large',
    'the server sends a Result that is too large',
    async () => {
      const { client, seen } = await connected(answering(TEXT, 'x'.repeat(5_000)), { maxFrameBytes: 1_000 });
      return { failure: client.send(calc.Echo('x')), seen };
    },
  ],
  [
    'closed',
    'the sender is closed after it was sent',
    async () => {
      const { client, seen, sent } = await connected();
      const failure = client.send(onePlusOne);
      failure.catch(() => undefined);
      await sent();
      void client.close();
      return { failure, seen };
    },
  ],
  [
    'command-failed',
    'the handler throws',
    async () => {
      const { client, seen } = await connected(errorResult('command-failed'));
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'command-failed',
    'the error Result is not readable as one',
    async () => {
      const { client, seen } = await connected(answering(ERROR, 'what?'));
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'result-invalid',
    'the Result is of another type',
    async () => {
      const { client, seen } = await connected(answering(TEXT, 'no sum'));
      return { failure: client.send(onePlusOne), seen };
    },
  ],
  [
    'result-invalid',
    'the Result does not pass its schema',
    async () => {
      const strict = defineProtocol({
        results: { Sum: result(z.number()) },
        commands: { Add: command<{ a: number; b: number }>().returns('Sum') },
      });
      const server = await peer({ onCommand: answering(SUM, 'two') });
      const client = await createSender(strict, { address: server.address });
      onEnd(() => client.close());
      return { failure: client.send(strict.Add({ a: 1, b: 1 })), seen: () => server.commands.length };
    },
  ],
  [
    'result-invalid',
    'the payload of the Result is not readable',
    async () => {
      let seen = 0;
      const { createServer } = await import('node:net');
      // JSON that is none: seq 1, type 0, 1 byte.
      const server = createServer((socket) => {
        socket.write(Buffer.from('\x07default'));
        socket
          .on('error', () => undefined)
          .on('data', () => {
            seen++;
            socket.write(Buffer.from([1, 0, 1, 0x7b]));
          });
      });
      const port = await listenOn(server);
      onEnd(() => server.close());
      const client = await createSender(calc, { address: `127.0.0.1:${port}`, codec: json() });
      onEnd(() => client.close());
      return { failure: client.send(onePlusOne), seen: () => seen };
    },
  ],
  [
    'result-overflow',
    'too many Results wait',
    async () => {
      const { client, seen } = await connected(flood, { maxBufferedResults: 2, whenSlow: 'fail' });
      const stream = client.sendMulti(countdown);
      await expect.poll(() => client.group.has(1, 0)).toBe(false);
      return { failure: collect(stream), seen };
    },
  ],
  [
    'consumer-failed',
    'its caller fails to handle a Result',
    async () => {
      const { client, seen } = await connected(answering(TICK, { n: 9, last: false }));
      return { failure: client.sendMulti(countdown, () => Promise.reject(new Error('own'))), seen };
    },
  ],
];

it.each(never)('%s: was certainly not executed when %s', async (code, _, way) => {
  const { failure, seen } = await way();
  const error = await failureOf(failure);
  expect(error).toMatchObject({ code, mayHaveExecuted: false, command: expect.any(String) });
  // What has left arrives soon.
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(seen()).toBe(0);
});

it.each(perhaps)('%s: may have been executed when %s', async (code, _, way) => {
  const { failure, seen } = await way();
  const error = await failureOf(failure);
  expect(error).toMatchObject({ code, mayHaveExecuted: true, retryable: false });
  const subject = { command: expect.any(String), address: expect.stringMatching(/:\d+$/), clientId: 0, seq: 1 };
  expect(error).toMatchObject(subject);
  expect(JSON.parse(JSON.stringify(error))).toMatchObject({
    code,
    ...subject,
    retryable: false,
    message: error.message,
  });
  expect(seen()).toBeGreaterThan(0);
});
