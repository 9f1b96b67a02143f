import { connect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { type Codec, msgpack } from '../../../src/index.ts';
import { OwnTime } from '../../support/own-time.ts';
import { makeCertificates } from '../support/certificates.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { ECHO, STREAM, serveLimited, WAIT } from './limited-server.ts';
import { RawClient } from './raw-client.ts';

expectNothingLeft();

/** A codec without any length: one byte of type, the text, a NUL. It looks at each byte in turn, which takes its time. */
const nulTerminated: Codec = {
  name: 'nul-terminated',
  bind: () => ({
    encode(type, value, writer) {
      writer.writeByte(type);
      writer.writeUtf8(String(value));
      writer.writeByte(0);
    },
    decode(reader, message) {
      const { buffer, position, end } = reader;
      let nul = position + 1;
      while (nul < end && buffer[nul] !== 0) nul++;
      if (nul >= end) return false;
      message.type = buffer[position] as number;
      message.value = buffer.toString('utf8', position + 1, nul);
      reader.position = nul + 1;
      return true;
    },
  }),
};

/** Keeps the process busy, as a handler that computes does. */
function work(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

describe('a client that sends Commands without a pause', () => {
  it.each([1, 3])('is read by the slice, so that its neighbours are served meanwhile (%i of them)', async (floods) => {
    let executed = 0;
    await using server = await serveLimited(
      {
        Wait(value) {
          work(0.02);
          executed++;
          return value;
        },
      },
      {},
    );
    await using neighbour = await RawClient.open(server.port);
    const clients = await Promise.all(Array.from({ length: floods }, () => RawClient.open(server.port)));
    const total = 12_000;
    // 240 ms of work, in 60 KB: all of it is there at once.
    const commands = Array.from({ length: total / floods }, (_, index) => RawClient.command(index + 1, WAIT, 0));
    for (const { socket } of clients) socket.write(Buffer.concat(commands));
    let asked = 0;
    while (executed < total) await neighbour.ask(++asked, ECHO, asked);
    // Some 760 turns on a quiet machine, however many flood; some are lost to whatever else the machine does.
    expect(asked).toBeGreaterThan(200);
    for (const client of clients) {
      await client.count(total / floods);
      expect(client.received.map(({ seq }) => seq)).toEqual(commands.map((_, index) => index + 1));
      await client[Symbol.asyncDispose]();
    }
  });

  it('is read piece by piece where others wait, also in the middle of a Command', async () => {
    let executed = 0;
    await using server = await serveLimited(
      {
        Wait() {
          work(0.02);
          executed++;
        },
      },
      { maxFrameBytes: 16 * 2 ** 20 },
    );
    await using flooding = await RawClient.open(server.port);
    await using large = await RawClient.open(server.port);
    const total = 20_000;
    flooding.socket.write(
      Buffer.concat(Array.from({ length: total }, (_, index) => RawClient.command(index + 1, WAIT, 0))),
    );
    large.socket.write(RawClient.command(1, ECHO, 'x'.repeat(8 * 2 ** 20)));
    await large.count(1);
    // Node reads 64 KiB at a time: after each of them the other has a slice.
    expect(executed).toBeGreaterThan(300);
    await flooding.count(total);
  });

  it('is read by the slice also where each turn brings many small TLS records', async () => {
    let executed = 0;
    const { cert, key } = (await makeCertificates()).server;
    await using server = await serveLimited(
      {
        Wait() {
          work(0.02);
          executed++;
        },
      },
      { tls: { cert, key } },
    );
    const open = async () => {
      const socket = connect({ port: server.port, host: '127.0.0.1', rejectUnauthorized: false });
      const client = new RawClient(socket);
      await client.until(() => client.serverInfo !== undefined);
      return Object.assign(client, { tlsSocket: socket });
    };
    await using neighbour = await open();
    await using flooding = await open();
    const total = 10_000;
    // Four Commands in each record.
    flooding.tlsSocket.setMaxSendFragment(512);
    const commands = Array.from({ length: total }, (_, index) => RawClient.command(index + 1, WAIT, 'x'.repeat(100)));
    flooding.socket.write(Buffer.concat(commands));
    let asked = 0;
    while (executed < total) await neighbour.ask(++asked, ECHO, asked);
    // Some 750 turns on a quiet machine; three where each record begins to count anew.
    expect(asked).toBeGreaterThan(150);
    await flooding.count(total);
  });

  it('is one of two, however many streams it has: its neighbour does not wait for all of them', async () => {
    let started = 0;
    await using server = await serveLimited(
      {
        *Stream() {
          for (started++; ; ) yield { text: '', last: false };
        },
      },
      {},
    );
    await using neighbour = await RawClient.open(server.port);
    await using greedy = await RawClient.open(server.port);
    const streams = 1_000;
    greedy.socket.removeAllListeners('data').resume();
    greedy.socket.write(
      Buffer.concat(Array.from({ length: streams }, (_, index) => RawClient.command(index + 1, STREAM, 0))),
    );
    using time = new OwnTime();
    let seq = 0;
    while (started < streams) await neighbour.ask(++seq, ECHO, seq);
    // Some 0.2 s on a quiet machine; 3 s where its Commands wait behind its Results.
    expect(time.ms).toBeLessThan(2_000);
    const beforeMs = time.ms;
    const commands = Array.from({ length: 64 }, () => RawClient.command(++seq, ECHO, seq));
    neighbour.socket.write(Buffer.concat(commands));
    await neighbour.first(seq);
    // Some milliseconds; half a second where each stream has a turn of its own before.
    expect(time.ms - beforeMs).toBeLessThan(200);
    greedy.socket.destroy();
    await greedy.closed;
  });

  it.each([
    ['msgpack', msgpack()],
    ['a codec without lengths', nulTerminated],
  ] as const)('R6: is decoded in turn where many complete a large Command at once: %s', async (_name, codec) => {
    let executed = 0;
    await using server = await serveLimited(
      {
        Wait() {
          executed++;
        },
      },
      { codec },
    );
    const many = 16;
    const types: string[] = [];
    const coder = codec.bind({ kind: 'command', types, maxPayloadBytes: 2 ** 22 });
    const command = (seq: number, type: number, payload: unknown) => {
      const writer = new ByteWriter();
      writer.writeVarint(seq);
      coder.encode(type, payload, writer);
      return writer.buffer.subarray(0, writer.position);
    };
    await using neighbour = await RawClient.open(server.port, { codec });
    const clients = await Promise.all(Array.from({ length: many }, () => RawClient.open(server.port, { codec })));
    // Takes some tens of milliseconds to decode, or to go through.
    const large = command(1, WAIT, codec === nulTerminated ? 'x'.repeat(2 ** 20) : Array(2 ** 18).fill({}));
    for (const { socket } of clients) socket.write(large.subarray(0, -1));
    // All but the last byte is there once the server has read it, and answers others as ever.
    for (let seq = 1; seq <= 200; seq++) {
      neighbour.socket.write(command(seq, ECHO, 'x'));
      await neighbour.first(seq);
    }
    expect(executed).toBe(0);
    for (const { socket } of clients) socket.write(large.subarray(-1));
    let most = 0;
    for (let seq = 201; executed < many; seq++) {
      const before = executed;
      neighbour.socket.write(command(seq, ECHO, 'x'));
      await neighbour.first(seq);
      most = Math.max(most, executed - before);
    }
    // The way there and back crosses two or three turns, and one is decoded in each; all of them where nobody asks first.
    expect(most).toBeLessThanOrEqual(6);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });

  it('of many is read in turn', async () => {
    const executed = new Map<unknown, number>();
    let most = 0;
    await using server = await serveLimited(
      {
        Wait(name) {
          work(0.02);
          executed.set(name, (executed.get(name) ?? 0) + 1);
          if (executed.size === 3)
            most = Math.max(most, Math.max(...executed.values()) - Math.min(...executed.values()));
        },
      },
      {},
    );
    const clients = await Promise.all([0, 1, 2].map(() => RawClient.open(server.port)));
    const total = 5_000;
    for (const [name, { socket }] of clients.entries()) {
      socket.write(
        Buffer.concat(Array.from({ length: total }, (_, index) => RawClient.command(index + 1, WAIT, name))),
      );
    }
    for (const client of clients) await client.count(total);
    // One that always had the first word would be through before the others have begun.
    expect(most).toBeLessThan(total / 10);
    for (const client of clients) await client[Symbol.asyncDispose]();
  });
});
