import { createSender, type HooksFactory, tcpTransport } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, soon } from '../../e2e/client/stage.ts';
import { collect } from '../../e2e/sender/support.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { plainCodecs } from '../support/codecs.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import { normal } from '../support/meaning.ts';
import { interop } from '../support/protocol.ts';

// Many Commands at once on the way to a Go server: each Result finds its own Command, and none another.

expectNothingLeft();

const COMMANDS = 10_000;

describeWithGo('a sender and a Go server, many Commands at once', () => {
  describe.each(['json', 'mus'] as const)('%s', (name) => {
    const codec = plainCodecs[name];

    it(`match ${COMMANDS} Results over 4 connections`, async () => {
      await using server = await GoServer.start(name);
      const used = new Map<number | undefined, number>();
      const hooks: HooksFactory = () => ({
        onResult: ({ clientId }) => void used.set(clientId, (used.get(clientId) ?? 0) + 1),
      });
      await using sender = await createSender(interop, { address: server.address, codec, clients: 4, hooks });
      await soon(() => sender.status.ready).toBe(4);
      const answers = await Promise.all(
        Array.from({ length: COMMANDS }, (_, n): Promise<unknown> => {
          if (n % 2 === 0) return sender.send(interop.Add({ A: n, B: 1_000_000 }));
          return sender.send(interop.Echo({ Data: null, Text: `<${n}>` }));
        }),
      );
      const right = ([answer, n]: readonly [unknown, number]) =>
        n % 2 === 0 ? normal(answer) === n + 1_000_000 : (answer as { Text: string }).Text === `<${n}>`;
      expect(answers.map((answer, n) => [answer, n] as const).filter((each) => !right(each))).toEqual([]);
      expect([...used.values()]).toEqual(Array(4).fill(COMMANDS / 4));
      expect(await server.stop()).toEqual({ Add: COMMANDS / 2, Echo: COMMANDS / 2 });
    });

    it('keep 100 streams apart', async () => {
      await using server = await GoServer.start(name);
      await using sender = await createSender(interop, { address: server.address, codec, clients: 4 });
      const streams = await Promise.all(
        Array.from({ length: 100 }, (_, at) => collect(sender.sendMulti(interop.Countdown({ From: at + 1 })))),
      );
      for (const [at, ticks] of streams.entries()) {
        expect(ticks.map(({ N }) => Number(N))).toEqual(Array.from({ length: at + 1 }, (_, n) => at + 1 - n));
      }
      expect(await server.stop()).toEqual({ Countdown: 100 });
    });

    it('F1: replace a connection in use where a stream was left, which ends it', async () => {
      await using server = await GoServer.start(name);
      const tcp = tcpTransport();
      let dials = 0;
      const transport = {
        ...tcp,
        connect: (address: string, signal: AbortSignal) => {
          dials++;
          return tcp.connect(address, signal);
        },
      };
      const states = new Set<string>();
      await using sender = await createSender(interop, {
        address: server.address,
        codec,
        transport,
        onStatus: (event) => event.type === 'client' && states.add(event.state),
      });
      for await (const _ of sender.sendMulti(interop.Countdown({ From: 5_000_000 }), { resultsCount: 1 }));
      await soon(() => dials).toBe(2);
      for (let n = 0; n < 20; n++) expect(normal(await sender.send(interop.Add({ A: n, B: 1 })))).toBe(n + 1);
      expect([...states]).toEqual(['ready']);
    });

    it('take a Result that comes behind its deadline for nobody', async () => {
      await using server = await GoServer.start(name);
      const late: string[] = [];
      await using sender = await createSender(interop, {
        address: server.address,
        codec,
        onUnexpectedResult: ({ type }) => void late.push(type),
      });
      const add = (n: number) => sender.send(interop.Add({ A: n, B: n })).then((sum) => Number(sum));
      const overdue = Array.from({ length: 10 }, () =>
        failureOf(sender.send(interop.Delay({ Ms: 150 }), { timeoutMs: 20 })),
      );
      const stream = failureOf(
        collect(sender.sendMultiWithDeadline(interop.Delay({ Ms: 150 }) as never, Date.now() + 20)),
      );
      for (const failure of [...overdue, stream]) {
        expect(await failure).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
      }
      let sums = 0;
      while (late.length < 11) {
        expect(await add(sums)).toBe(2 * sums);
        sums++;
      }
      expect(late).toEqual(Array(11).fill('Done'));
      expect(await add(21)).toBe(42);
      expect(await server.stop()).toEqual({ Delay: 11, Add: sums + 1 });
      // On one connection all the while.
      expect(server.events.filter(({ event }) => event === 'lost')).toHaveLength(1);
    });
  });
});
