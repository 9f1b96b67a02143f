import { describe, expectTypeOf, test } from 'vitest';
import type { DrainOptions } from '../../src/base/options/drain-options.ts';
import {
  type BackoffOptions,
  type CircuitBreakerOptions,
  command,
  createCircuitBreaker,
  createSender,
  defineProtocol,
  type InspectOptions,
  type KeepaliveOptions,
  type MultiSendOptions,
  type ResultOptions,
  result,
  type SenderOptions,
  type SendOptions,
  serve,
  tlsTransport,
} from '../../src/index.ts';
import type { LocalInspectorOptions } from '../../src/inspect.ts';
import type { JsonOptions } from '../../src/protocol/codec/json/json.ts';
import type { MusOptions } from '../../src/protocol/codec/mus/mus.ts';
import type { MusFirstTypes } from '../../src/protocol/codec/mus/options.ts';
import type { ServerOptions } from '../../src/server/options.ts';
import type { LinkOptions, NetworkOptions, Placed, SimulateOptions } from '../../src/testing.ts';
import type { MemoryOptions } from '../../src/wire/transport/memory.ts';
import type { TcpOptions } from '../../src/wire/transport/tcp.ts';
import type { TlsTransportOptions } from '../../src/wire/transport/tls.ts';
import type { ClientTlsOptions, ServerTlsOptions } from '../../src/wire/transport/tls-options.ts';

/** The optional fields that do not take `undefined`, which exactOptionalPropertyTypes tells from what is left out. */
type Strict<Options> = {
  [Name in keyof Options]-?: object extends Pick<Options, Name>
    ? { [Field in Name]: undefined } extends Pick<Options, Name>
      ? never
      : Name
    : never;
}[keyof Options];

const calc = defineProtocol({
  results: { Sum: result<number>() },
  commands: { Add: command<{ a: number; b: number }>().returns('Sum') },
});

declare const settings: {
  timeoutMs: number | undefined;
  tls: { ca: string | undefined; servername: string | undefined } | undefined;
  port: number | undefined;
};

describe('every option may be undefined', () => {
  test('as a setting that may be missing is', () => {
    const { timeoutMs, tls, port } = settings;
    void (() => createSender(calc, { address: 'localhost:9000', timeoutMs, tls, keepalive: { timeMs: timeoutMs } }));
    void (() => serve(calc, null, { Add: ({ a, b }) => a + b }, { port, idleTimeoutMs: timeoutMs }));
    void (() => createCircuitBreaker({ openDurationMs: timeoutMs }));
    void (() => tlsTransport({ client: tls }));
  });

  test('which strict fields would not', () => {
    expectTypeOf<Strict<{ a?: number; b?: number | undefined; c: number }>>().toEqualTypeOf<'a'>();
  });

  test('of senders and their parts', () => {
    expectTypeOf<Strict<SenderOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<KeepaliveOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<BackoffOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<CircuitBreakerOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<SendOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<MultiSendOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<InspectOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<LocalInspectorOptions>>().toEqualTypeOf<never>();
  });

  test('of servers', () => {
    expectTypeOf<Strict<ServerOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<DrainOptions>>().toEqualTypeOf<never>();
  });

  test('of protocols and codecs', () => {
    expectTypeOf<Strict<ResultOptions<number>>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<JsonOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<MusOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<MusFirstTypes>>().toEqualTypeOf<never>();
  });

  test('of transports', () => {
    expectTypeOf<Strict<ClientTlsOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<ServerTlsOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<TlsTransportOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<TcpOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<MemoryOptions>>().toEqualTypeOf<never>();
  });

  test('of simulations', () => {
    expectTypeOf<Strict<SimulateOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<NetworkOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<LinkOptions>>().toEqualTypeOf<never>();
    expectTypeOf<Strict<Placed>>().toEqualTypeOf<never>();
  });
});
