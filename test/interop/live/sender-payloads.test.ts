import { createSender, type Sender, type SenderOptions } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { failureOf, soon } from '../../e2e/client/stage.ts';
import { collect } from '../../e2e/sender/support.ts';
import { expectNothingLeft } from '../../e2e/support/leaks.ts';
import { describeWithGo, GoServer } from '../support/go-peers.ts';
import {
  ask,
  type CommandName,
  commandOf,
  heard,
  kindsOf,
  type LiveService,
  liveServices,
  shallBe,
} from '../support/live-services.ts';
import type { interop } from '../support/protocol.ts';
import { UNICODE_KEY } from '../support/service.ts';
import { useTlsFiles } from '../support/tls-files.ts';

// What a sender of this library and an unmodified Go server say to each other: every codec, over TCP and over TLS.

expectNothingLeft();

const files = useTlsFiles();

interface Route {
  readonly name: string;
  readonly flags: () => readonly string[];
  readonly options: () => Pick<SenderOptions, 'tls'>;
}

const tcp: Route = { name: 'TCP', flags: () => [], options: () => ({}) };
const tls: Route = { name: 'TLS', flags: () => files.serverFlags, options: () => ({ tls: { ca: files.ca } }) };
const mutual: Route = {
  name: 'mutual TLS',
  flags: () => files.mutualServerFlags,
  options: () => ({ tls: { ca: files.ca, ...files.client } }),
};

const pairs = liveServices.flatMap((service) =>
  (service.codec === 'json' || service.codec === 'mus' ? [tcp, tls, mutual] : [tcp]).map(
    (route) => [`${service.name} over ${route.name}`, service, route] as const,
  ),
);

const INT64_MAX = { $int: '9223372036854775807' };
const INT64_MIN = { $int: '-9223372036854775808' };

/** What is not sent in one piece. */
const SIZES = [65_536, 1_048_576];
/** Around the sizes at which a length takes another byte, wherever in the message it stands. */
const LENGTHS = [...range(0, 260), ...range(16_200, 16_400)];
/** Over TLS the same bytes arrive in records, wherever a length ends. */
const FEW_LENGTHS = LENGTHS.filter((_, index) => index % 20 === 0);

describeWithGo('a sender and a Go server', () => {
  describe.each(pairs)('%s', (_, service, route) => {
    /** Runs a conversation; the server must have executed just what it is about. */
    async function conversation(
      executed: Partial<Record<CommandName, number>>,
      talk: (sender: Sender<typeof interop>, server: GoServer) => Promise<void>,
    ): Promise<void> {
      await using server = await GoServer.start(service.codec, [...service.flags, ...route.flags()]);
      await using sender = await connect(service, route, server);
      await talk(sender, server);
      expect(await server.stop()).toEqual(executed);
    }

    it('exchange a Command and its Result', () =>
      conversation({ Add: 5 }, async (sender) => {
        const add = (A: unknown, B: unknown) => ask(service, sender, 'Add', { A, B });
        expect(await add(2, 3)).toEqual(shallBe(service, 5));
        expect(await add(-1, 128)).toEqual(shallBe(service, 127));
        expect(await add(0, INT64_MIN)).toEqual(shallBe(service, INT64_MIN));
        // Go's numbers overflow without a word.
        expect(await add(INT64_MAX, 1)).toEqual(shallBe(service, INT64_MIN));
        const answer = await sender.sendWithDeadline(
          commandOf(service, 'Add', { A: 2, B: 2 }) as never,
          Date.now() + 5000,
        );
        expect(heard(service, 'Add', answer)).toEqual(shallBe(service, 4));
      }));

    it('exchange many Results, in order, to the last one', () =>
      conversation({ Countdown: 6 }, async (sender) => {
        const ticks = (from: number) =>
          Array.from({ length: from }, (_, at) => shallBe(service, { N: from - at, Last: at === from - 1 }));
        const countdown = (from: number) => commandOf(service, 'Countdown', { From: from }) as never;
        const hear = (tick: unknown) => heard(service, 'Countdown', tick);
        const [hundred, three] = await Promise.all([
          collect(sender.sendMulti(countdown(100))),
          collect(sender.sendMulti(countdown(3))),
        ]);
        expect(hundred.map(hear)).toEqual(ticks(100));
        expect(three.map(hear)).toEqual(ticks(3));

        const inTime = sender.sendMultiWithDeadline(countdown(2), Date.now() + 5000);
        expect((await collect(inTime)).map(hear)).toEqual(ticks(2));

        const handled: unknown[] = [];
        await sender.sendMulti(countdown(1000), (tick) => void handled.push(hear(tick)));
        expect(handled).toEqual(ticks(1000));

        const handledInTime: unknown[] = [];
        const handle = (tick: unknown) => void handledInTime.push(hear(tick));
        await sender.sendMultiWithDeadline(countdown(5), Date.now() + 5000, handle);
        expect(handledInTime).toEqual(ticks(5));

        const firstTwo = await collect(sender.sendMulti(countdown(5), { resultsCount: 2 }));
        expect(firstTwo.map(hear)).toEqual(ticks(5).slice(0, 2));
      }));

    it('exchange a Command with several Result types', () =>
      conversation({ Find: 4 }, async (sender) => {
        const find = (Key: string) => ask(service, sender, 'Find', { Key });
        const found = (Key: string, Count: number, Tags: string[]) => ({
          type: 'Found',
          value: shallBe(service, { Key, Count, Tags }),
        });
        const missing = (Key: string) => ({ type: 'Missing', value: shallBe(service, { Key }) });
        expect(await find('apple')).toEqual(found('apple', 3, ['fruit', 'red']));
        expect(await find(UNICODE_KEY)).toEqual(found(UNICODE_KEY, -1, []));
        expect(await find('<pear>')).toEqual(missing('<pear>'));
        expect(await find('')).toEqual(missing(''));
      }));

    it('let a quick Command overtake a slow one', () =>
      conversation({ Delay: 2 }, async (sender) => {
        const order: string[] = [];
        const delay = async (name: string, Ms: number) => {
          expect(await ask(service, sender, 'Delay', { Ms })).toEqual(shallBe(service, {}));
          order.push(name);
        };
        await Promise.all([delay('slow', 150), delay('quick', 5)]);
        expect(order).toEqual(['quick', 'slow']);
      }));

    const lengths = route === tcp ? LENGTHS : FEW_LENGTHS;
    it('exchange payloads up to 1 MiB', () =>
      conversation({ Echo: 2 + lengths.length + 2 * SIZES.length }, async (sender) => {
        const echo = async (Data: Buffer | null, Text: string) => {
          const hex = Data === null ? null : { $bytes: Data.toString('hex') };
          const answer = await ask(service, sender, 'Echo', { Data: hex, Text });
          const same = hex === null && !service.knowsNil ? { $bytes: '' } : hex;
          // Not toEqual: it takes seconds for a mebibyte.
          expect(
            sameEcho(answer, shallBe(service, { Data: same, Text })),
            `${Data?.length} bytes, ${Text.length}`,
          ).toBe(true);
        };
        await echo(null, '');
        await echo(Buffer.from([0, 127, 128, 255]), 'Grüße, 世界 🚀 <b>&amp;</b> \u2028\u2029 \0');
        await Promise.all(lengths.map((length) => echo(null, 'k'.repeat(length))));
        for (const size of SIZES) {
          await echo(Buffer.alloc(size, 'bytes of any kind \xff\x00', 'latin1'), '');
          await echo(null, 'kü'.repeat(size / 3) + 'k'.repeat(size % 3));
        }
      }));

    it('exchange every kind of field', () =>
      conversation({ Kinds: 2 }, async (sender) => {
        const { zero, full } = kindsOf(service);
        expect(await ask(service, sender, 'Kinds', zero)).toEqual(shallBe(service, zero));
        // See "MessagePack" in docs/go-interop.md: Go does not read its float32 from a float 64, and -0 is sent as 0.
        const sendable = service.codec === 'msgpack' ? { ...full, Single: 3 } : full;
        const arrives = shallBe(service, sendable);
        expect(await ask(service, sender, 'Kinds', sendable)).toStrictEqual(
          service.codec === 'msgpack' ? withoutMinusZero(arrives) : arrives,
        );
      }));

    it('exchange a payload of many parts', () =>
      conversation({ Kinds: 1 }, async (sender) => {
        const many = {
          List: range(0, 10_000).map((n) => (n % 2 === 0 ? n ** 3 : -n)),
          Map: Object.fromEntries(range(0, 2_000).map((n) => [`<${n}>`, n])),
        };
        const kinds = withFields(kindsOf(service).zero, many);
        expect(await ask(service, sender, 'Kinds', kinds)).toEqual(shallBe(service, kinds));
      }));

    if (service.codec === 'msgpack') {
      it('lose the connection by a float32, as documented', () =>
        conversation({ Add: 1 }, async (sender) => {
          const { full } = kindsOf(service);
          const failure = await failureOf(ask(service, sender, 'Kinds', full));
          expect(failure).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
          expect(await ask(service, sender, 'Add', { A: 1, B: 1 }, { waitForReady: true })).toBe(2);
        }));
    }

    if (service.codec === 'json') {
      it('know no NaN and no infinity: refused before anything is sent, on either side', () =>
        conversation({ Special: 1, Add: 2 }, async (sender) => {
          const { full } = kindsOf(service);
          for (const $float of ['NaN', 'Infinity', '-Infinity']) {
            const failure = await failureOf(ask(service, sender, 'Kinds', { ...full, Double: { $float } }));
            expect(failure).toMatchObject({ code: 'encode-failed', mayHaveExecuted: false });
          }
          expect(await ask(service, sender, 'Add', { A: 1, B: 1 })).toBe(2);
          // What Go's handler answers cannot be written: it ends the connection.
          const failure = await failureOf(ask(service, sender, 'Special', { Name: 'NaN' }));
          expect(failure).toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
          expect(await ask(service, sender, 'Add', { A: 1, B: 2 }, { waitForReady: true })).toBe(3);
        }));
    }

    if (service.codec !== 'json') {
      it('exchange NaN, the infinities and -0', () =>
        conversation({ Special: 4, Kinds: 3 }, async (sender) => {
          const numbers = { NaN: 'NaN', '+Inf': 'Infinity', '-Inf': '-Infinity', '-0': '-0' };
          for (const [Name, $float] of Object.entries(numbers)) {
            expect(await ask(service, sender, 'Special', { Name }), Name).toStrictEqual(shallBe(service, { $float }));
          }
          const { zero } = kindsOf(service);
          for (const $float of ['NaN', 'Infinity', '-Infinity']) {
            const special = withFields(zero, { Double: { $float } });
            expect(await ask(service, sender, 'Kinds', special), $float).toStrictEqual(shallBe(service, special));
          }
        }));
    }

    it('lose the connection by a handler that fails, and find each other again', () =>
      conversation({ Fail: 1, Delay: 1, Add: 1 }, async (sender, server) => {
        const neighbour = failureOf(ask(service, sender, 'Delay', { Ms: 60_000 }));
        const failure = await failureOf(ask(service, sender, 'Fail', { Message: 'no <such> luck' }));
        const lost = { code: 'connection-lost', mayHaveExecuted: true };
        expect(failure).toMatchObject(lost);
        expect(await neighbour).toMatchObject(lost);
        await soon(() => server.events).toContainEqual(expect.objectContaining({ error: 'no <such> luck' }));
        expect(await ask(service, sender, 'Add', { A: 2, B: 3 }, { waitForReady: true })).toEqual(shallBe(service, 5));
      }));
  });
});

function connect(service: LiveService, route: Route, { address }: GoServer): Promise<Sender<typeof interop>> {
  const { codec } = service.peer;
  return createSender(service.protocol, { address, codec, reconnect: { initialMs: 5 }, ...route.options() });
}

/** Sets fields of a `Kinds`, which have small letters with Protobuf. */
function withFields(kinds: object, fields: Record<string, unknown>): object {
  const small = ([name, value]: [string, unknown]) => [name.charAt(0).toLowerCase() + name.slice(1), value];
  return { ...kinds, ...('Double' in kinds ? fields : Object.fromEntries(Object.entries(fields).map(small))) };
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, at) => from + at);
}

function sameEcho(answer: unknown, expected: unknown): boolean {
  const [one, other] = [answer, expected].map((echo) =>
    Object.values(echo as object).map((part) => (part instanceof Uint8Array ? Buffer.from(part) : part)),
  ) as [unknown[], unknown[]];
  return one.every((part, at) => (Buffer.isBuffer(part) ? part.equals(other[at] as Buffer) : part === other[at]));
}

function withoutMinusZero(value: unknown): unknown {
  const { Doubles, ...others } = value as { Doubles: number[] };
  return { ...others, Doubles: Doubles.map((double) => double + 0) };
}
