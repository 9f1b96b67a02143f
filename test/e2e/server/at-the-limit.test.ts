import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type CmdStreamError,
  command,
  createSender,
  defineProtocol,
  memoryTransport,
  result,
  type SenderOptions,
  type ServerOptions,
  serve,
  type Transport,
  tcpTransport,
  tlsTransport,
} from '../../../src/index.ts';
import type { LostConnectionInfo } from '../../../src/server/callback-infos.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { ECHO, ERROR, KIBIBYTE, serveLimited, WAIT } from './limited-server.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

const protocol = defineProtocol({
  results: {
    Value: result<unknown>(),
    Tick: result<number>({ lastOne: () => false }),
  },
  commands: {
    Slow: command<number>().returns('Value'),
    Hang: command<string>().returns('Value'),
    Ticks: command<null>().returns('Tick'),
  },
});

/** A server of which Commands last, and what it saw. */
async function slowServer(options: ServerOptions) {
  const executed: string[] = [];
  const signalled: string[] = [];
  let generators = 0;
  const server = await serve(
    protocol,
    null,
    {
      Slow: (ms) => sleep(ms, ms),
      Hang(name, { signal }) {
        executed.push(name);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            signalled.push(name);
            reject(signal.reason);
          });
        });
      },
      async *Ticks() {
        generators++;
        try {
          for (let n = 0; ; n++) {
            yield n;
            await sleep(20);
          }
        } finally {
          generators--;
        }
      },
    },
    options,
  );
  return { server, executed, signalled, generators: () => generators };
}

const transports: [string, () => Transport][] = [
  ['tcp', () => tcpTransport()],
  [
    'tls',
    () => tlsTransport({ client: { ca: certificates.ca, servername: 'localhost' }, server: certificates.server }),
  ],
  ['memory', () => memoryTransport()],
];

const keepalive = { timeMs: 150, timeoutMs: 600 };

describe.each(transports)('a server at its in-flight limit, over %s,', (_name, makeTransport) => {
  let transport: Transport;
  beforeAll(() => {
    transport = makeTransport();
  });

  const connect = (address: string, options: Partial<SenderOptions> = {}) =>
    createSender(protocol, { address, transport, keepalive, reconnect: false, ...options });

  it('F2, V1: answers Pings, so that nobody takes it for dead while it works', async () => {
    const { server } = await slowServer({ transport, maxInFlightCommands: 2 });
    await using _server = server;
    await using sender = await connect(server.address);
    const slow = [1, 2, 3, 4].map(() => sender.send(protocol.Slow(1000)));
    // Two at a time: 2 s, nearly thrice as long as a client waits for a Pong.
    expect(await Promise.all(slow)).toEqual([1000, 1000, 1000, 1000]);
  });

  it('V2: sees that its client is gone: signals fire, slots and connections are free again', async () => {
    const { server, executed, signalled } = await slowServer({ transport, maxInFlightCommands: 2, maxConnections: 3 });
    await using _server = server;
    for (let count = 0; count < 6; count++) {
      const sender = await connect(server.address);
      const sends = ['a', 'b'].map((name) => sender.send(protocol.Hang(`${name}${count}`)).catch(() => {}));
      await eventually(() => executed.includes(`b${count}`));
      // What comes at the limit is what kept the server from reading the end of the connection.
      sends.push(sender.send(protocol.Hang(`late${count}`)).catch(() => {}));
      await sleep(50);
      await sender.close();
      await Promise.all(sends);
      await eventually(() => server.connections === 0);
      expect(signalled.slice(-2).sort()).toEqual([`a${count}`, `b${count}`]);
    }
    expect(executed.filter((name) => name.startsWith('late'))).toEqual([]);
  });

  it('F1, V10: goes on answering Pings beside streams that their client has left, and ends them when it goes', async () => {
    const { server, generators } = await slowServer({ transport, maxInFlightCommands: 5 });
    await using _server = server;
    const sender = await connect(server.address);
    for (let count = 0; count < 5; count++) {
      for await (const _ of sender.sendMulti(protocol.Ticks(null), { resultsCount: 1 }));
    }
    const hanging = sender.send(protocol.Hang('waits'), { timeoutMs: 60_000 }).catch((error: CmdStreamError) => error);
    // Longer than a client waits for a Pong.
    await sleep(keepalive.timeMs + 2 * keepalive.timeoutMs);
    expect(sender.status.state).toBe('ready');
    await sender.close();
    expect(await hanging).toMatchObject({ code: 'closed' });
    await eventually(() => generators() === 0 && server.connections === 0);
  });

  it('V1: refuses what is beyond its bound of bytes, and says that it was not executed', async () => {
    const { server, executed } = await slowServer({ transport, maxInFlightCommands: 1, maxQueuedBytes: 1000 });
    await using _server = server;
    await using sender = await connect(server.address);
    const first = sender.send(protocol.Hang('first'));
    first.catch(() => {});
    await eventually(() => executed.length === 1);
    const settled: (CmdStreamError | undefined)[] = [];
    const sends = Array.from({ length: 30 }, () =>
      sender.send(protocol.Hang('x'.repeat(100))).catch((error: CmdStreamError) => void settled.push(error)),
    );
    // Nine or ten of more than 100 bytes each are kept.
    await eventually(() => settled.length >= 20);
    await sleep(50);
    expect([20, 21]).toContain(settled.length);
    for (const error of settled) expect(error).toMatchObject({ code: 'overloaded', mayHaveExecuted: false });
    expect(settled[0]?.message).toContain('not executed');
    expect(settled[0]?.message).toContain("'maxInFlightCommands'");
    expect(settled[0]?.message).toContain("'maxQueuedBytes'");
    expect(executed.length).toBe(1);
    await sender.close();
    await Promise.all(sends);
  });
});

describe('what waits at the in-flight limit', () => {
  it('V1: is executed in its order as slots come free, and what was refused is not', async () => {
    const running = gate();
    const executed: unknown[] = [];
    await using server = await serveLimited(
      {
        async Wait(value) {
          executed.push(value);
          await running.promise;
          return value;
        },
      },
      { maxInFlightCommands: 3, maxQueuedBytes: 20 * KIBIBYTE },
    );
    await using client = await RawClient.open(server.port);
    const text = 'x'.repeat(KIBIBYTE);
    const total = 100;
    for (let seq = 1; seq <= total; seq++) client.send(seq, WAIT, `${seq} ${text}`);
    client.ping();
    await client.first(0);
    const refused = client.received.filter(({ type }) => type === ERROR).map(({ seq }) => seq);
    expect(refused.length).toBeGreaterThan(70);
    expect(refused).toEqual(Array.from({ length: refused.length }, (_, index) => total - refused.length + index + 1));
    running.open();
    await client.count(total + 1);
    const answered = Array.from({ length: total - refused.length }, (_, index) => index + 1);
    expect(executed.map((value) => Number.parseInt(String(value), 10))).toEqual(answered);
  });

  it('V1: costs no memory beyond the bound, however large a refused Command is', async () => {
    await using server = await serveLimited(
      { Wait: () => new Promise(() => {}) },
      { maxInFlightCommands: 1, maxQueuedBytes: 1024 * KIBIBYTE },
    );
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, null);
    const large = 'x'.repeat(3 * 2 ** 20);
    // The first is kept: there was room when it came.
    for (let seq = 2; seq <= 20; seq++) client.send(seq, ECHO, large);
    await client.count(18);
    const refused = client.received.map(({ seq, value }) => [seq, (value as { code: string }).code]);
    expect(refused).toEqual(Array.from({ length: 18 }, (_, index) => [index + 3, 'overloaded']));
    await server.close();
  });

  it('V1: is left with the network where nothing can be refused, and nothing of it is lost', async () => {
    const running = gate();
    let executed = 0;
    await using server = await serveLimited(
      {
        async Wait(value) {
          executed++;
          await running.promise;
          return value;
        },
      },
      { maxInFlightCommands: 2, maxQueuedBytes: 4 * KIBIBYTE, goClients: true },
    );
    await using client = await RawClient.open(server.port);
    client.send(1, WAIT, 1);
    client.send(2, WAIT, 2);
    client.ping();
    await client.first(0);
    for (let seq = 3; seq <= 500; seq++) client.send(seq, WAIT, 'x'.repeat(500));
    await sleep(100);
    expect(executed).toBe(2);
    running.open();
    await client.count(501);
    const answered = client.received.filter(({ seq }) => seq > 0).map(({ seq }) => seq);
    expect(answered).toEqual(Array.from({ length: 500 }, (_, index) => index + 1));
  });
});

describe('the idle timeout at the in-flight limit', () => {
  it('V2: closes a connection from which nothing comes, and spares one that pings', async () => {
    const lost: LostConnectionInfo[] = [];
    await using server = await serveLimited(
      { Wait: () => new Promise(() => {}) },
      { idleTimeoutMs: 600, maxInFlightCommands: 1, onConnectionLost: (info) => lost.push(info) },
    );
    await using silent = await RawClient.open(server.port);
    await using lively = await RawClient.open(server.port);
    for (const client of [silent, lively]) {
      client.send(1, WAIT, null);
      client.send(2, WAIT, null);
    }
    const pinging = setInterval(() => lively.ping(), 20);
    await silent.closed;
    await sleep(300);
    clearInterval(pinging);
    expect(lively.socket.closed).toBe(false);
    expect(lost).toHaveLength(1);
    expect(lost[0]?.error?.message).toContain('idleTimeoutMs');
    await server.close();
  });
});
