import { type Hooks, memoryTransport } from '../../../../src/index.ts';
import { command, result } from '../../../../src/protocol/definitions.ts';
import { defineProtocol } from '../../../../src/protocol/protocol.ts';
import { createSender } from '../../../../src/sender/create-sender.ts';
import type { SenderOptions } from '../../../../src/sender/options.ts';
import { serve } from '../../../../src/server/serve.ts';
import type { Message } from '../../message.ts';
import { sampleMessage } from '../sample.ts';

/** What the measures send. */
export const echoes = defineProtocol({
  results: {
    Echoed: result<Message>(),
    Counted: result<Message>({ lastOne: (message) => message.Bool }),
  },
  commands: {
    Echo: command<Message>().returns('Echoed'),
    Count: command<number>().returns('Counted'),
  },
});

/** What hooks do at least. */
class CountingHooks implements Hooks {
  static sent = 0;
  static received = 0;

  beforeSend(): void {
    CountingHooks.sent++;
  }

  onResult(): void {
    CountingHooks.received++;
  }
}

/** All that protects and watches a send; beside it each send has a deadline. */
export const everythingOn: Omit<SenderOptions, 'address'> = {
  circuitBreaker: {},
  hooks: () => new CountingHooks(),
  keepalive: true,
};

/** A server of {@link echoes} and a sender for it in one process, over TCP or in memory. */
export async function startEcho(over: 'tcp' | 'memory', options: Omit<SenderOptions, 'address'> = {}) {
  const transport = over === 'memory' ? { transport: memoryTransport() } : {};
  const server = await serve(
    echoes,
    undefined,
    {
      Echo: (message) => message,
      *Count(count) {
        for (let left = count; left > 0; left--) yield { ...sampleMessage(left), Bool: left === 1 };
      },
    },
    { ...transport, port: 0 },
  );
  const sender = await createSender(echoes, { ...transport, ...options, address: `127.0.0.1:${server.port}` });
  return {
    sender,
    async close() {
      await sender.close();
      await server.close();
    },
  };
}

/** Keeps `window` of `requests` under way until all are answered. */
export async function keepUnderWay(requests: number, window: number, send: (count: number) => Promise<unknown>) {
  let begun = 0;
  const keepOne = async () => {
    while (begun < requests) await send(begun++);
  };
  await Promise.all(Array.from({ length: window }, keepOne));
}

/** The CPU time of this process while `work` runs, in microseconds. */
export async function cpuUs(work: () => Promise<unknown>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

/** What the heap holds once it has been collected. */
export async function heapBytes(): Promise<number> {
  for (let round = 0; round < 3; round++) {
    globalThis.gc?.();
    // What finalizers and closed handles hold goes with the next turn.
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
