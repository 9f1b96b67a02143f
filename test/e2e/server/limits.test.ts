import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { LostConnectionInfo } from '../../../src/server/callback-infos.ts';
import { expectNothingLeft } from '../support/leaks.ts';
import { ECHO, ERROR, KIBIBYTE, STREAM, serveLimited, WAIT } from './limited-server.ts';
import { eventually, gate, RawClient } from './raw-client.ts';

expectNothingLeft();

describe('a connection', () => {
  it('has no more Commands in flight than allowed; the rest is read later', async () => {
    let running = 0;
    let most = 0;
    await using server = await serveLimited(
      {
        async Wait(value) {
          most = Math.max(most, ++running);
          await sleep(1);
          running--;
          return value;
        },
      },
      { maxInFlightCommands: 10 },
    );
    await using client = await RawClient.open(server.port);
    for (let seq = 1; seq <= 200; seq++) client.send(seq, WAIT, seq);
    await client.count(200);
    expect(most).toBe(10);
    expect(client.received.map(({ value }) => value)).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('at its limit of Commands does not keep others from being served', async () => {
    await using server = await serveLimited({ Wait: () => new Promise(() => {}) }, { maxInFlightCommands: 2 });
    await using busy = await RawClient.open(server.port);
    for (let seq = 1; seq <= 100; seq++) busy.send(seq, WAIT, seq);
    await using neighbour = await RawClient.open(server.port);
    expect((await neighbour.ask(1, ECHO, 1)).value).toBe(1);
    await server.close();
  });

  it('is closed when there are more than allowed', async () => {
    await using server = await serveLimited({}, { maxConnections: 2 });
    await using first = await RawClient.open(server.port);
    await using second = await RawClient.open(server.port);
    await expect(RawClient.open(server.port)).rejects.toThrow('the connection is closed');
    expect((await first.ask(1, ECHO, 1)).value).toBe(1);
    await second[Symbol.asyncDispose]();
    await eventually(() => server.connections === 1);
    await using third = await RawClient.open(server.port);
    expect((await third.ask(1, ECHO, 3)).value).toBe(3);
  });

  it('A12: beyond the bound is reported at once, and then once a second at most', async () => {
    const refused: Error[] = [];
    await using server = await serveLimited({}, { maxConnections: 1, onAcceptError: (error) => refused.push(error) });
    await using first = await RawClient.open(server.port);
    const turnAway = (count: number) =>
      Promise.all(Array.from({ length: count }, () => RawClient.open(server.port).catch(() => {})));
    await turnAway(20);
    await eventually(() => refused.length > 0);
    expect(refused[0]).toMatchObject({
      code: 'connect-failed',
      message: `a connection to ${server.address} could not be accepted: there are 1 already (option 'maxConnections')`,
    });
    await sleep(1_050);
    const told = refused.length;
    await turnAway(1);
    await eventually(() => refused.length > told);
    expect(refused.at(-1)?.message).toMatch(/'maxConnections'\), and \d+ before it$/);
    expect(refused.length).toBeLessThan(10);
    expect((await first.ask(1, ECHO, 1)).value).toBe(1);
  });

  it('is told of a Command type that the protocol does not have, and goes on', async () => {
    await using server = await serveLimited({}, {});
    await using client = await RawClient.open(server.port);
    expect(await client.ask(1, 3, null)).toEqual({
      seq: 1,
      type: ERROR,
      value: { code: 'command-invalid', message: "this server's protocol has no Command of type 3, only 0 to 2" },
    });
    expect((await client.ask(2, ECHO, 1)).value).toBe(1);
  });
});

describe('the idle timeout', () => {
  it('closes a connection from which nothing comes, and spares one that pings', async () => {
    const lost: LostConnectionInfo[] = [];
    await using server = await serveLimited({}, { idleTimeoutMs: 400, onConnectionLost: (info) => lost.push(info) });
    await using silent = await RawClient.open(server.port);
    await using lively = await RawClient.open(server.port);
    const pinging = setInterval(() => lively.ping(), 20);
    await silent.closed;
    await sleep(200);
    clearInterval(pinging);
    expect(lively.socket.closed).toBe(false);
    expect(lost).toHaveLength(1);
    expect(lost[0]?.error).toMatchObject({
      code: 'connection-lost',
      message: expect.stringContaining("was silent for 400 ms (option 'idleTimeoutMs')"),
    });
  });

  it('closes a connection that takes nothing', async () => {
    const lost = gate<LostConnectionInfo>();
    await using server = await serveLimited(
      {
        *Stream() {
          for (;;) yield { text: 'x'.repeat(KIBIBYTE), last: false };
        },
      },
      { idleTimeoutMs: 100, maxBufferedBytes: 64 * KIBIBYTE, onConnectionLost: lost.open },
    );
    await using client = await RawClient.open(server.port);
    client.socket.pause();
    client.send(1, STREAM, 1);
    const pinging = setInterval(() => client.ping(), 20);
    expect((await lost.promise).error?.message).toContain('idleTimeoutMs');
    clearInterval(pinging);
  });
});
