import { describe, expect, it } from 'vitest';
import { RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { encodeCredit, MAX_CREDIT, readCredit } from '../../../src/wire/extension/credit.ts';
import { standstill } from '../client/rows.ts';
import { failureOf, soon } from '../client/stage.ts';
import { RawClient } from '../server/raw-client.ts';
import { type PeerConnection, resultFrame } from '../support/scripted-peer.ts';
import { begun, creditStage, ECHO, lists, numbersOf, PUSH, range, YIELD } from './credit-stage.ts';

const { listing, lister, peer, onEnd } = creditStage();
const MANY = { name: 'many', count: 500, bytes: 10 };

describe('a server whose client grants credit', () => {
  async function greeted(credit?: unknown) {
    const lost: (string | undefined)[] = [];
    const at = await listing({ onConnectionLost: ({ error }) => lost.push(error?.code) });
    const client = await RawClient.open(at.server.port as number);
    onEnd(() => client[Symbol.asyncDispose]());
    await client.greet({ credit });
    return { ...at, client, lost };
  }

  const numbers = (client: RawClient, seq: number) => client.valuesOf(seq).map((value) => (value as { n: number }).n);

  it('sends all there is to one that says nothing of it', async () => {
    const { client } = await greeted();
    client.send(2, YIELD, MANY);
    await soon(() => numbers(client, 2)).toEqual(range(1, MANY.count));
  });

  it.each([
    ['yields', YIELD],
    ['pushes', PUSH],
  ])('%s so many Results, and so many more as it is granted more', async (_, type) => {
    const { client, of } = await greeted({ results: 3, bytes: 100_000 });
    client.send(2, type, MANY);
    client.send(3, type, { ...MANY, name: 'other' });
    await soon(() => [numbers(client, 2), numbers(client, 3)]).toEqual([range(1, 3), range(1, 3)]);
    client.control(2, 'credit', encodeCredit(2, 0));
    await soon(() => numbers(client, 2)).toEqual(range(1, 5));
    client.control(2, 'credit', encodeCredit(0, 10));
    client.send(4, ECHO, 'beside');
    await client.first(4);
    await standstill(() => client.received.length, 50);
    expect([numbers(client, 2).length, numbers(client, 3).length, of('many').given]).toEqual([5, 3, 5]);
    client.control(2, 'credit', encodeCredit(1_000, 100_000));
    await soon(() => numbers(client, 2)).toEqual(range(1, MANY.count));
  });

  it('sends one Result beyond the bytes, and the next once there is some again', async () => {
    const { client } = await greeted({ results: 100, bytes: 1 });
    client.send(2, YIELD, { ...MANY, bytes: 1_000 });
    await client.first(2);
    expect(await standstill(() => client.received.length, 50)).toBe(1);
    client.control(2, 'credit', encodeCredit(0, 900));
    await client.settled();
    expect(numbers(client, 2)).toEqual([1]);
    client.control(2, 'credit', encodeCredit(0, 1_100));
    await soon(() => numbers(client, 2).length).toBeGreaterThan(1);
    await standstill(() => client.received.length, 50);
    expect(numbers(client, 2)).toEqual([1, 2]);
  });

  it('answers by one Result whatever it is granted', async () => {
    const { client } = await greeted({ results: 1, bytes: 1 });
    for (let seq = 2; seq < 50; seq++) client.send(seq, ECHO, seq);
    await client.count(48);
    expect(client.received.map(({ value }) => value)).toEqual(range(2, 49));
  });

  it('is not troubled by credit for a Command that is answered, or that it has never had', async () => {
    const { client, lost } = await greeted({ results: 3, bytes: 100_000 });
    await client.ask(2, ECHO, 'a');
    for (const seq of [1, 2, 3, 2 ** 40]) client.control(seq, 'credit', encodeCredit(5, 5));
    for (let n = 0; n < 5_000; n++) client.control(2, 'credit', encodeCredit(MAX_CREDIT, MAX_CREDIT));
    client.send(3, YIELD, MANY);
    client.send(4, ECHO, 'b');
    await client.first(4);
    await soon(() => numbers(client, 3)).toEqual([1, 2, 3]);
    expect(await standstill(() => client.received.length, 50)).toBe(5);
    expect(lost).toEqual([]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['one number', Buffer.of(1)],
    ['three numbers', Buffer.of(1, 2, 3)],
    ['more together than a number holds', encodeCredit(1, MAX_CREDIT)],
  ])('closes the connection where a client grants %s', async (_, body) => {
    const { client, lost, of } = await greeted({ results: 3, bytes: 100_000 });
    client.send(2, YIELD, MANY);
    await soon(() => of('many').given).toBe(3);
    client.control(2, 'credit', body);
    await client.closed;
    await soon(() => lost).toEqual(['protocol-error']);
    await soon(() => of('many').ended).toBe(true);
  });

  it('closes the connection where its HELLO holds no credit, or none has come', async () => {
    const lost: (string | undefined)[] = [];
    const { server } = await listing({ onConnectionLost: ({ error }) => lost.push(error?.code) });
    const odd = await RawClient.open(server.port as number);
    odd.control(1, 'hello', Buffer.from('{"credit":{"results":-1}}'));
    await odd.closed;
    const early = await RawClient.open(server.port as number);
    early.control(2, 'credit', encodeCredit(1, 1));
    await early.closed;
    await soon(() => lost).toEqual(['protocol-error', 'protocol-error']);
  });
});

describe('a client', () => {
  const { credit: CREDIT } = RESERVED_TYPES;
  const row = (n: number, bytes: number) => ({ n, text: 'x'.repeat(bytes), last: false });
  const ROW = 0;

  it.each([
    ['grants a server of the extension more as its consumer takes', { serverInfo: 'default;x1', welcome: {} }, 1],
    ['grants nothing to one without it', { serverInfo: 'default' }, 0],
  ])('%s', async (_, offer, frames) => {
    const server = await peer({
      ...offer,
      onCommand: ({ seq, connection }) => {
        for (let n = 1; n <= 64; n++) connection.result(seq, ROW, row(n, 5));
      },
    });
    const { sender } = await lister({ address: server.address });
    const { stream } = await begun(sender, 'Yield', MANY);
    const granted = () => server.controls.filter(({ type }) => type === CREDIT);
    for (let n = 2; n < 32; n++) await stream.next();
    await standstill(() => server.controls.length, 50);
    expect(granted()).toEqual([]);
    await stream.next();
    await soon(() => granted().length).toBe(frames);
    const size = resultFrame(1, ROW, row(1, 5)).length;
    for (const { seq, body } of granted()) {
      expect([seq, readCredit(body, 0, body.length)]).toEqual([1, { results: 96, bytes: 32 * size }]);
    }
    await stream.return?.();
  });

  /** A server that waits for nothing. */
  async function hostile(options: object) {
    let sent = 0;
    const flood = ({ socket }: PeerConnection, seq: number) => {
      const frame = resultFrame(seq, ROW, row(1, 16 * 1024));
      const write = () => {
        let hasRoom = true;
        for (let n = 0; n < 64 && hasRoom && !socket.destroyed; n++) {
          sent += frame.length;
          hasRoom = socket.write(frame);
        }
        if (hasRoom && !socket.destroyed) setImmediate(write);
      };
      socket.on('drain', write);
      write();
    };
    const server = await peer({
      serverInfo: 'default;x1',
      welcome: {},
      onCommand: ({ seq, type, connection }) => {
        if (type === YIELD) flood(connection, seq);
      },
    });
    const { sender } = await lister({ address: server.address, maxBufferedResultBytes: 2 ** 20, ...options });
    return { sender, sent: () => sent };
  }

  it('reads no more of a server that does not wait for credit than of one that has none', async () => {
    const { sender, sent } = await hostile({});
    const { stream } = await begun(sender, 'Yield', MANY);
    // 1 MiB, and what the kernels of both ends take.
    expect(await standstill(sent)).toBeLessThan(32 * 2 ** 20);
    for (let n = 0; n < 100; n++) await stream.next();
    await stream.return?.();
  });

  it('fails the stream of such a server where others wait', async () => {
    const { sender } = await hostile({});
    const beside = failureOf(sender.send(lists.Echo('never answered'), { timeoutMs: 30_000 }));
    const { stream } = await begun(sender, 'Yield', MANY);
    const error = await failureOf(
      (async () => {
        for (;;) {
          await new Promise((resolve) => setTimeout(resolve, 100));
          await stream.next();
        }
      })(),
    );
    expect(error).toMatchObject({ code: 'result-overflow' });
    await sender.close();
    await beside;
  });

  it('takes all of one that sends at once, where that is taken', async () => {
    const server = await peer({
      serverInfo: 'default;x1',
      welcome: {},
      onCommand: ({ seq, connection }) => {
        for (let n = 1; n <= 3_000; n++) connection.result(seq, ROW, { n, text: '', last: n === 3_000 });
      },
    });
    const { sender } = await lister({ address: server.address });
    expect(await numbersOf(sender.sendMulti(lists.Yield(MANY)))).toEqual(range(1, 3_000));
  });
});
