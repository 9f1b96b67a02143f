import { createSender, type Sender } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf } from '../../e2e/client/stage.ts';
import { collect } from '../../e2e/sender/support.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { type Cuts, CuttingProxy } from '../support/cutting-proxy.ts';
import { CODECS, describeWithGo, GoServer } from '../support/go-peers.ts';
import { ask, commandOf, heard, kindsOf, liveService, shallBe } from '../support/live-services.ts';
import type { interop } from '../support/protocol.ts';
import { UNICODE_KEY } from '../support/service.ts';

// Between a sender and a Go server stands a proxy that cuts what passes. In pieces it must arrive as it would at once;
// cut off, no half of it may be taken for a whole.

expectNothingLeft();

type Talk = (sender: Sender<typeof interop>) => Promise<unknown>;

/** So many connections are cut at a time. */
const AT_ONCE = 16;
const SERVER_INFO_BYTES = '\x07default'.length;

describeWithGo('a sender and a Go server whose bytes are cut', () => {
  describe.each(CODECS.map((codec) => liveService(codec)))('$name', (service) => {
    const { codec, peer, protocol } = service;
    const countdown = (From: number) => commandOf(service, 'Countdown', { From }) as never;
    const tick = (N: number, Last: boolean) => shallBe(service, { N, Last });

    /** Talks through a proxy of its own; no connection is opened twice. */
    async function through<Value>({ address }: GoServer, cuts: Cuts, talk: (sender: Sender<typeof interop>) => Value) {
      await using proxy = await CuttingProxy.start(address, cuts);
      const options = { address: proxy.address, codec: peer.codec, keepalive: false, reconnect: false };
      await using sender = await createSender(protocol, options);
      return { value: await talk(sender), passed: { ...proxy.passed } };
    }

    it('understand each other in pieces cut anywhere', async () => {
      const { full } = kindsOf(service);
      // MUS has no length in front of a payload: there the fields themselves are cut.
      const kinds = codec === 'mus' ? [full] : [];
      const talk: Talk = (sender) =>
        Promise.all([
          ask(service, sender, 'Add', { A: -2, B: 300 }),
          collect(sender.sendMulti(countdown(2))).then((ticks) =>
            ticks.map((each) => heard(service, 'Countdown', each)),
          ),
          ask(service, sender, 'Find', { Key: UNICODE_KEY }),
          ...kinds.map((each) => ask(service, sender, 'Kinds', each)),
        ]);
      const expected = [
        shallBe(service, 298),
        [tick(2, false), tick(1, true)],
        { type: 'Found', value: shallBe(service, { Key: UNICODE_KEY, Count: -1, Tags: [] }) },
        ...kinds.map((each) => shallBe(service, each)),
      ];
      await using server = await GoServer.start(codec);
      const { value, passed } = await through(server, {}, talk);
      expect(value).toStrictEqual(expected);

      // At every place at once, and at every other by itself: the even ones in some runs, the odd ones in others.
      const offset = Math.random() < 0.5 ? 0 : 1;
      const places = (bytes: number) => upTo(bytes).filter((at) => at % 2 === offset);
      const cuts: Cuts[] = [
        { toClient: { kind: 'bytes' } },
        { toServer: { kind: 'bytes' } },
        ...places(passed.toClient).map((at): Cuts => ({ toClient: { kind: 'split', at } })),
        ...places(passed.toServer).map((at): Cuts => ({ toServer: { kind: 'split', at } })),
      ];
      await forEach(cuts, async (cut) => {
        const outcome = await through(server, cut, talk);
        expect(outcome, JSON.stringify(cut)).toStrictEqual({ value: expected, passed });
      });
      const talks = cuts.length + 1;
      const executed = { Add: talks, Countdown: talks, Find: talks };
      expect(await server.stop()).toEqual(codec === 'mus' ? { ...executed, Kinds: talks } : executed);
    });

    it('do not take the start of a Result for a Result', async () => {
      await using server = await GoServer.start(codec);
      const talk = (sender: Sender<typeof interop>) => ask(service, sender, 'Find', { Key: UNICODE_KEY });
      const { passed } = await through(server, {}, talk);
      const ends = afterServerInfo(passed.toClient);
      expect(ends.length).toBeGreaterThan(10);
      await forEach(ends, async (at) => {
        await through(server, { toClient: { kind: 'end', at } }, async (sender) => {
          const failure = await failureOf(talk(sender));
          expect(failure, `at ${at}`).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
        });
      });
      expect(await server.stop()).toEqual({ Find: ends.length + 1 });
    });

    it('deliver a stream without a gap up to where it is cut', async () => {
      await using server = await GoServer.start(codec);
      const ticks = [tick(3, false), tick(2, false), tick(1, true)];
      const whole = await through(server, {}, (sender) => collect(sender.sendMulti(countdown(3))));
      const last = await through(server, {}, (sender) => collect(sender.sendMulti(countdown(1))));
      const tickBytes = (whole.passed.toClient - last.passed.toClient) / 2;
      const wholeAt = [1, 2].map((ticks) => SERVER_INFO_BYTES + ticks * tickBytes);
      const ends = afterServerInfo(whole.passed.toClient);
      await forEach(ends, async (at) => {
        await through(server, { toClient: { kind: 'end', at } }, async (sender) => {
          const got: unknown[] = [];
          const failure = await failureOf(
            sender.sendMulti(countdown(3), (each: unknown) => void got.push(heard(service, 'Countdown', each))),
          );
          expect(failure, `at ${at}`).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
          expect(got, `at ${at}`).toStrictEqual(ticks.slice(0, wholeAt.filter((end) => at >= end).length));
        });
      });
      expect(await server.stop()).toEqual({ Countdown: ends.length + 2 });
    });

    it('do not connect over half a ServerInfo', async () => {
      await using server = await GoServer.start(codec);
      await forEach([0, ...upTo(SERVER_INFO_BYTES)], async (at) => {
        const failure = await failureOf(through(server, { toClient: { kind: 'end', at } }, async () => undefined));
        expect(failure, `at ${at}`).toMatchObject({ code: 'unavailable', mayHaveExecuted: false });
      });
      expect(await server.stop()).toEqual({});
    });

    it('do not execute the start of a Command', async () => {
      await using server = await GoServer.start(codec);
      const add = (sender: Sender<typeof interop>) => ask(service, sender, 'Add', { A: -2, B: 300 });
      const find = (sender: Sender<typeof interop>) => ask(service, sender, 'Find', { Key: UNICODE_KEY });
      const alone = (await through(server, {}, add)).passed.toServer;
      const both = (await through(server, {}, (sender) => Promise.all([add(sender), find(sender)]))).passed.toServer;
      const ends = [0, ...upTo(both)];
      await forEach(ends, async (at) => {
        await through(server, { toServer: { kind: 'end', at } }, async (sender) => {
          const [, second] = await Promise.allSettled([add(sender), find(sender)]);
          const reason = { code: 'connection-lost', mayHaveExecuted: true };
          expect(second, `at ${at}`).toMatchObject({ status: 'rejected', reason });
        });
      });
      // The second never but where nothing was cut; the first where it was whole, unless its connection's end outran it.
      const { Add, Find } = await server.stop();
      expect(Find).toBe(1);
      expect(Add).toBeGreaterThanOrEqual(2);
      expect(Add).toBeLessThanOrEqual(2 + ends.filter((at) => at >= alone).length);
    });
  });
});

/** 1, 2, ... and `end` not among them. */
const upTo = (end: number) => Array.from({ length: end - 1 }, (_, at) => at + 1);

/** The places within what a server answers, but for the ServerInfo. */
const afterServerInfo = (end: number) => upTo(end).filter((at) => at > SERVER_INFO_BYTES);

/** Does something with each, several at a time. */
async function forEach<Value>(values: readonly Value[], act: (value: Value) => Promise<void>): Promise<void> {
  const left = values.values();
  const worker = async () => {
    for (const value of left) await act(value);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
