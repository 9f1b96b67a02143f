import { getHeapStatistics } from 'node:v8';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { lengthPrefixed } from '../../../src/protocol/codec/length-prefixed.ts';
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts';
import { memoryTransport } from '../../../src/wire/transport/memory.ts';
import { tcpTransport } from '../../../src/wire/transport/tcp.ts';

function refusal(options: unknown): string {
  try {
    resolveServerOptions(options as ServerOptions);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-argument' });
    return (error as Error).message;
  }
  throw new Error('the options were accepted');
}

describe('the options of a server', () => {
  it('are complete and frozen, with the documented defaults', () => {
    const options = resolveServerOptions();
    expect(Object.isFrozen(options)).toBe(true);
    expect(options).toMatchObject({
      port: 0,
      host: '127.0.0.1',
      transport: { name: 'tcp' },
      codec: { name: 'msgpack' },
      serverInfo: 'default',
      maxConnections: 10_000,
      maxInFlightCommands: 1_000,
      maxInFlightBytes: 67_108_864,
      maxTotalBytes: Math.floor(getHeapStatistics().heap_size_limit / 4),
      maxQueuedBytes: 8_388_608,
      maxFrameBytes: 4_194_304,
      maxBufferedBytes: 8_388_608,
      idleTimeoutMs: 60_000,
      stalledTimeoutMs: Number.POSITIVE_INFINITY,
      frameTimeoutMs: 30_000,
      maxConnectionAgeMs: Number.POSITIVE_INFINITY,
      maxConnectionAgeGraceMs: Number.POSITIVE_INFINITY,
      retryAfterMs: undefined,
      goClients: false,
      errorResults: true,
      exposeErrors: false,
      authorize: undefined,
      onCommandDone: undefined,
      handshakeTimeoutMs: 10_000,
      shutdownTimeoutMs: 10_000,
      clock: systemClock,
      telemetry: [],
      log: undefined,
      invoker: undefined,
      inspect: undefined,
    });
  });

  it('may be undefined, which is as if they were left out', () => {
    const { codec, transport, ...left } = resolveServerOptions();
    const names: Record<keyof ServerOptions, undefined> = {
      engine: undefined,
      name: undefined,
      port: undefined,
      host: undefined,
      tls: undefined,
      transport: undefined,
      codec: undefined,
      serverInfo: undefined,
      maxConnections: undefined,
      maxInFlightCommands: undefined,
      maxInFlightBytes: undefined,
      maxTotalBytes: undefined,
      maxQueuedBytes: undefined,
      maxFrameBytes: undefined,
      maxBufferedBytes: undefined,
      idleTimeoutMs: undefined,
      frameTimeoutMs: undefined,
      maxConnectionAgeMs: undefined,
      maxConnectionAgeGraceMs: undefined,
      retryAfterMs: undefined,
      goClients: undefined,
      describe: undefined,
      handshakeTimeoutMs: undefined,
      shutdownTimeoutMs: undefined,
      authorize: undefined,
      onConnection: undefined,
      onConnectionLost: undefined,
      onAcceptError: undefined,
      onHandlerError: undefined,
      exposeErrors: undefined,
      onCommandDone: undefined,
      telemetry: undefined,
      log: undefined,
      invoker: undefined,
      clock: undefined,
      defer: undefined,
      random: undefined,
      inspect: undefined,
    };
    const { onConnection, onConnectionLost, onAcceptError, onHandlerError, ...values } = left;
    expect(resolveServerOptions(names)).toMatchObject({
      ...values,
      codec: { name: codec.name },
      transport: { name: transport.name },
    });
  });

  it('are taken as given, and the object that they came in is not changed', () => {
    const given: ServerOptions = Object.freeze({
      port: 9000,
      host: '0.0.0.0',
      transport: memoryTransport(),
      codec: lengthPrefixed('own', () => ({ write: () => {}, read: () => 0 })),
      idleTimeoutMs: 5,
    });
    expect(resolveServerOptions(given)).toMatchObject(given);
  });

  it.each<[unknown, string]>([
    [{ name: 'a\tb' }, "option 'name' must be a name of 1 to 64 printable characters, without spaces around it; got"],
    [{ port: 65_536 }, "option 'port' must be a whole number from 0 to 65535; got 65536"],
    [{ host: '' }, "option 'host' must be an address to listen on, such as '127.0.0.1' or '0.0.0.0'; got \"\""],
    [{ serverInfo: 'a;b' }, "option 'serverInfo' must be a text of 1 to 1024 bytes without ';'; got \"a;b\""],
    [
      { maxConnectionAgeMs: 0 },
      "option 'maxConnectionAgeMs' must be a duration in milliseconds from 1 to 2147483647, or Infinity for none; got 0",
    ],
    [
      { maxConnectionAgeGraceMs: 'soon' as unknown as number },
      'option \'maxConnectionAgeGraceMs\' must be a duration in milliseconds from 1 to 2147483647, or Infinity for none; got "soon"',
    ],
    [{ retryAfterMs: -1 }, "option 'retryAfterMs' must be a duration in milliseconds from 0 to 2147483647; got -1"],
    [{ maxConnections: 0 }, "option 'maxConnections' must be a whole number of at least 1; got 0"],
    [{ maxInFlightCommands: 1.5 }, "option 'maxInFlightCommands' must be a whole number of at least 1; got 1.5"],
    [{ maxInFlightBytes: 0 }, "option 'maxInFlightBytes' must be a whole number of at least 1; got 0"],
    [{ maxTotalBytes: '1' }, 'option \'maxTotalBytes\' must be a whole number of at least 1; got "1"'],
    [
      { frameTimeoutMs: 0 },
      "option 'frameTimeoutMs' must be a duration in milliseconds from 1 to 2147483647, or Infinity for none; got 0",
    ],
    [{ maxQueuedBytes: 0 }, "option 'maxQueuedBytes' must be a whole number of at least 1; got 0"],
    [{ maxFrameBytes: -1 }, "option 'maxFrameBytes' must be a whole number of at least 1; got -1"],
    [{ maxBufferedBytes: '1' }, 'option \'maxBufferedBytes\' must be a whole number of at least 1; got "1"'],
    [{ goClients: 'no' }, 'option \'goClients\' must be true or false; got "no"'],
    [{ exposeErrors: 1 }, "option 'exposeErrors' must be true or false; got 1"],
    [{ onCommandDone: 'log' }, 'option \'onCommandDone\' must be a function; got "log"'],
    [{ authorize: true }, "option 'authorize' must be a function; got true"],
    [{ handshakeTimeoutMs: Number.POSITIVE_INFINITY }, "option 'handshakeTimeoutMs' must be a duration"],
    [{ idleTimeoutMs: 0 }, ', or Infinity for none; got 0'],
    [{ shutdownTimeoutMs: Number.NaN }, "option 'shutdownTimeoutMs' must be a duration in milliseconds from 0"],
    [{ onConnectionLost: 1 }, "option 'onConnectionLost' must be a function; got 1"],
    [
      { telemetry: {} },
      "option 'telemetry' must be telemetry such as createMetrics() of cmd-stream/metrics (with ofSender() or ofServer()), or a list of it; got an object",
    ],
    [
      { log: {} },
      "option 'log' must be a logger with info() and warn(), such as console or one of pino; got an object",
    ],
    [{ invoker: {} }, "option 'invoker' must be a function; got an object"],
    [
      { inspect: 1 },
      "option 'inspect' must be an inspector, an observer with next(), a function or { observer, everyNth, payloads }; got 1",
    ],
    [{ codec: {} }, "option 'codec' must be an object with bind(); got an object"],
    [{ transport: 'tcp' }, 'option \'transport\' must be an object with listen(); got "tcp"'],
    [{ clock: { now: Date.now } }, "option 'clock' must be an object with now(), monotonicMs()"],
    [{ transport: tcpTransport(), tls: {} }, "option 'tls' must be left out where 'transport' is given"],
    [{ tls: {} }, "option 'tls.cert' must be given"],
    [{ prot: 1 }, "serve() has no option 'prot'; did you mean 'port'?"],
    [null, 'the options of serve() must be an object; got null'],
  ])('%j are refused, naming the field, what it accepts and what came', (options, message) => {
    expect(refusal(options)).toContain(message);
  });
});
