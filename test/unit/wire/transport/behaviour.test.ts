import { beforeAll, describe, expect, test } from 'vitest';
import { memoryTransport } from '../../../../src/wire/transport/memory.ts';
import { tcpTransport } from '../../../../src/wire/transport/tcp.ts';
import { tlsTransport } from '../../../../src/wire/transport/tls.ts';
import type { Transport } from '../../../../src/wire/transport/transport.ts';
import { type Certificates, makeCertificates } from '../../../e2e/support/certificates.ts';
import { expectNothingLeft } from '../../../e2e/support/leaks.ts';
import { runningNetwork } from './simulated.ts';
import { accepting, connected, connecting, pattern, rejection, sleep, until } from './support.ts';

expectNothingLeft();

let certificates: Certificates;
beforeAll(async () => {
  certificates = await makeCertificates();
});

const transports: [string, () => Transport][] = [
  ['tcp', () => tcpTransport()],
  ['tls', () => tlsTransport({ client: { ca: certificates.ca }, server: certificates.server })],
  [
    'mutual tls',
    () => {
      const { ca, client, server } = certificates;
      return tlsTransport({ client: { ca, ...client }, server: { ca, ...server, requestCert: true } });
    },
  ],
  ['memory', () => memoryTransport()],
  ['simulated', () => runningNetwork({ logBytes: false })],
  [
    'simulated, in small pieces that are late',
    () => runningNetwork({ link: { sliceRate: 0.2, coalesceRate: 0.2, jitterMs: 5 }, logBytes: false }),
  ],
];

const MIB = 1024 * 1024;

describe.each(transports)('%s', (_name, makeTransport) => {
  let transport: Transport;
  beforeAll(() => {
    transport = makeTransport();
  });

  describe('a stream', () => {
    test('carries bytes in both directions', async () => {
      const { client, server } = await connected(transport);
      await Promise.all([client.writeAll(Buffer.from('ping')), server.writeAll(Buffer.from('pong'))]);
      await until(() => client.text === 'pong' && server.text === 'ping', 'both texts');
    });

    test('names the other end as host and port', async () => {
      const { listener, next } = await accepting(transport);
      const client = (await connecting(transport, listener.address)).open();
      const server = await next();
      expect(client.stream.remoteAddress).toBe(listener.address);
      expect(server.stream.remoteAddress).toMatch(/^127\.0\.0\.1:\d+$/);
      expect(server.stream.remoteAddress).not.toBe(listener.address);
    });

    test('keeps what arrives before it is opened, and the goodbye behind it', async () => {
      const { listener, next } = await accepting(transport);
      const client = await connecting(transport, listener.address);
      const server = await next();
      server.stream.write(Buffer.from('early'));
      server.stream.end();
      await sleep(20);
      client.open();
      await until(() => client.closes.length > 0, 'closed');
      expect(client.text).toBe('early');
      expect(client.closes).toEqual([undefined]);
    });

    test('that was destroyed before it is opened still tells that it is closed', async () => {
      const { listener } = await accepting(transport);
      const client = await connecting(transport, listener.address);
      client.stream.destroy();
      await sleep(5);
      client.open();
      await until(() => client.closes.length > 0, 'closed');
      expect(client.closes).toEqual([undefined]);
    });

    test('delivers megabytes unchanged although the writer uses its memory again as soon as it may', async () => {
      const { client, server } = await connected(transport);
      const sent = pattern(3 * MIB + 17);
      const memory = Buffer.alloc(100_000);
      for (let start = 0; start < sent.length; start += memory.length) {
        const piece = memory.subarray(0, sent.copy(memory, 0, start));
        const drains = client.drains;
        if (!client.stream.write(piece)) await until(() => client.drains > drains, 'drained');
        // From here on the memory is the writer's again.
        memory.fill(0xee);
        if (start % 700_000 === 0) {
          server.stream.pause();
          setTimeout(() => server.stream.resume(), 3);
        }
      }
      await until(() => server.receivedBytes === sent.length, 'all bytes');
      expect(server.received.equals(sent)).toBe(true);
    });

    test('makes the writer wait while the reader pauses, and tells once when it may go on', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      const piece = pattern(4 * MIB);
      let written = 0;
      let waits = false;
      while (!waits && written < 64 * MIB) {
        const { drains } = client;
        waits = !client.stream.write(piece);
        written += piece.length;
        // What is only a moment late is no back-pressure.
        if (waits)
          await until(() => client.drains > drains, 'drained', 300).then(
            () => {
              waits = false;
            },
            () => {},
          );
      }
      expect(waits).toBe(true);
      expect(client.stream.bufferedBytes).toBeGreaterThan(0);
      expect(server.receivedBytes).toBe(0);

      const { drains } = client;
      let arrived = 0;
      server.onData = (bytes) => {
        arrived += bytes.length;
      };
      server.stream.resume();
      await until(() => arrived === written, 'all bytes');
      await until(() => client.drains > drains, 'drained');
      await sleep(5);
      expect(client.drains).toBe(drains + 1);
      expect(client.stream.bufferedBytes).toBe(0);
      expect(client.stream.write(Buffer.from('more')) || client.stream.bufferedBytes === 4).toBe(true);
    });

    test('loses nothing when it is paused and resumed at every piece', async () => {
      const { client, server } = await connected(transport);
      const sent = pattern(300_000);
      const pieces: Buffer[] = [];
      server.onData = (bytes) => {
        pieces.push(Buffer.from(bytes));
        server.stream.pause();
        setImmediate(() => server.stream.resume());
      };
      await client.writeAll(sent, 10_000);
      await until(() => Buffer.concat(pieces).length === sent.length, 'all bytes');
      expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    });

    test('delivers nothing while it is paused', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      await client.writeAll(Buffer.from('later'));
      await sleep(20);
      expect(server.text).toBe('');
      server.stream.resume();
      await until(() => server.text === 'later', 'the text');
    });

    test('learns of a goodbye also while it is paused, and answers it', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      client.stream.end();
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    });

    test('learns of a goodbye behind unread bytes only once it has read them', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      client.stream.write(Buffer.from('read me first'));
      client.stream.end();
      await sleep(20);
      expect([server.text, server.closes]).toEqual(['', []]);
      server.stream.resume();
      await until(() => server.text === 'read me first', 'the text');
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    });

    test('that ends sends what is written, and both sides close in order, once', async () => {
      const { client, server } = await connected(transport);
      const sent = pattern(2 * MIB);
      client.stream.write(sent);
      client.stream.end();
      client.stream.end();
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect(server.received.equals(sent)).toBe(true);
      await sleep(5);
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    });

    test('answers a goodbye behind what it has written itself', async () => {
      const { listener, next } = await accepting(transport, { open: false });
      const client = (await connecting(transport, listener.address)).open();
      const server = await next();
      const answer = pattern(MIB);
      server.stream.write(answer);
      client.stream.pause();
      // The server learns of the goodbye while its answer is under way.
      await client.writeAll(Buffer.from('question'));
      server.open();
      client.stream.resume();
      await until(() => client.receivedBytes === answer.length, 'the answer');
      client.stream.end();
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect(server.text).toBe('question');
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    });

    test('that ends while it is paused and bytes wait unread resets nobody: its last words arrive', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      client.stream.write(pattern(MIB));
      await sleep(5);
      server.stream.write(Buffer.from('last words'));
      server.stream.end();
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect(client.text).toBe('last words');
      expect(server.receivedBytes).toBe(0);
      expect([client.closes, server.closes]).toEqual([[undefined], [undefined]]);
    });

    test('that is destroyed closes at once, once, and delivers nothing more', async () => {
      const { client, server } = await connected(transport);
      server.stream.write(pattern(100_000));
      client.onData = () => {
        client.stream.destroy();
        client.stream.destroy();
        client.onData = undefined;
      };
      await until(() => client.closes.length > 0 && server.closes.length > 0, 'closed on both sides');
      await sleep(5);
      expect(client.receivedBytes).toBe(0);
      expect(client.closes).toEqual([undefined]);
      expect(server.closes.length).toBe(1);
    });

    test('tells the reason when the peer goes away over bytes that wait', async () => {
      const { client, server } = await connected(transport);
      server.stream.pause();
      client.stream.write(pattern(16 * MIB));
      await sleep(10);
      server.stream.destroy();
      await until(() => client.closes.length > 0, 'closed');
      expect(client.closes).toEqual([expect.objectContaining({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) })]);
      expect(client.drains).toBe(0);
    });

    test('takes no more bytes once it has ended or is destroyed, and does not throw', async () => {
      const { client, server } = await connected(transport);
      client.stream.end();
      expect(client.stream.write(Buffer.from('too late'))).toBe(false);
      await until(() => server.closes.length > 0 && client.closes.length > 0, 'closed on both sides');
      expect(server.stream.write(Buffer.from('too late'))).toBe(false);
      server.stream.end();
      server.stream.pause();
      server.stream.resume();
      server.stream.destroy();
      expect(server.text).toBe('');
      expect(client.closes.concat(server.closes)).toEqual([undefined, undefined]);
    });
  });

  describe('connect', () => {
    test('rejects with the reason of the system where nobody listens', async () => {
      const { listener } = await accepting(transport);
      await listener.close();
      expect(await rejection(connecting(transport, listener.address))).toMatchObject({ code: 'ECONNREFUSED' });
    });

    test('rejects with the reason of a signal that has fired before, and connects to nobody', async () => {
      const { listener, accepted } = await accepting(transport);
      const reason = new Error('never mind');
      expect(await rejection(transport.connect(listener.address, AbortSignal.abort(reason)))).toBe(reason);
      await sleep(20);
      expect(accepted).toEqual([]);
    });

    test('rejects with the reason of a signal that fires meanwhile, and leaves no connection behind', async () => {
      const { listener, accepted } = await accepting(transport);
      const abort = new AbortController();
      const reason = new Error('never mind');
      const attempt = transport.connect(listener.address, abort.signal);
      abort.abort(reason);
      expect(await rejection(attempt)).toBe(reason);
      await sleep(20);
      expect(accepted.filter(({ closes }) => closes.length === 0)).toEqual([]);
    });

    test('pays no attention to its signal once the stream is there', async () => {
      const { listener, next } = await accepting(transport);
      const abort = new AbortController();
      const stream = await transport.connect(listener.address, abort.signal);
      const server = await next();
      abort.abort();
      stream.write(Buffer.from('still here'));
      await until(() => server.text === 'still here', 'the text');
      stream.destroy();
    });

    test.each(['localhost', ':9000', '127.0.0.1:0', '::1:9000', 'http://localhost:9000'])(
      'refuses the address %j',
      async (address) => {
        expect(await rejection(connecting(transport, address))).toMatchObject({
          code: 'invalid-argument',
          message: expect.stringContaining(`got "${address}"`),
        });
      },
    );
  });

  describe('listen', () => {
    test('tells the port that it got where any was asked for', async () => {
      const [one, other] = [await accepting(transport), await accepting(transport)];
      expect(one.listener.address).toMatch(/^127\.0\.0\.1:[1-9]\d*$/);
      expect(other.listener.address).not.toBe(one.listener.address);
    });

    test('rejects where the address is taken', async () => {
      const { listener } = await accepting(transport);
      const port = Number(listener.address.split(':')[1]);
      expect(await rejection(accepting(transport, { port }))).toMatchObject({ code: 'EADDRINUSE' });
    });

    test('closes connections above maxConnections at once, and accepts again when there is room', async () => {
      const { listener, accepted, errors } = await accepting(transport, { maxConnections: 2 });
      const first = (await connecting(transport, listener.address)).open();
      const second = (await connecting(transport, listener.address)).open();
      await until(() => accepted.length === 2, 'two connections');

      const excess = await connecting(transport, listener.address).then(
        (client) => client.open(),
        () => undefined,
      );
      if (excess !== undefined) await until(() => excess.closes.length > 0, 'the third to be closed');
      expect(accepted.length).toBe(2);
      expect(first.closes.concat(second.closes)).toEqual([]);
      await until(() => errors.length > 0, 'the error');
      const again = await connecting(transport, listener.address).then(
        (client) => client.open(),
        () => undefined,
      );
      if (again !== undefined) await until(() => again.closes.length > 0, 'another to be closed');
      expect(errors.map(({ message }) => message)).toEqual([`there are 2 already (option 'maxConnections')`]);

      first.stream.destroy();
      await until(() => accepted[0]?.closes.length === 1, 'the first to be closed');
      await sleep(5);
      const fourth = (await connecting(transport, listener.address)).open();
      await until(() => accepted.length === 3, 'a third accepted connection');
      expect(fourth.closes).toEqual([]);
    });

    test('stops on close, which resolves although accepted streams live on', async () => {
      const { listener, next, accepted } = await accepting(transport);
      const client = (await connecting(transport, listener.address)).open();
      const server = await next();
      await listener.close();
      await listener.close();
      expect(await rejection(connecting(transport, listener.address))).toMatchObject({ code: 'ECONNREFUSED' });
      await client.writeAll(Buffer.from('still here'));
      await until(() => server.text === 'still here', 'the text');
      expect(accepted.length).toBe(1);
    });

    test('gives its port back on close', async () => {
      const { listener } = await accepting(transport);
      await listener.close();
      const port = Number(listener.address.split(':')[1]);
      const { listener: again } = await accepting(transport, { port });
      expect(again.address).toBe(listener.address);
    });
  });
});
