import { describe, expect, it } from 'vitest';
import { json } from '../../../../src/protocol/codec/json/json.ts';
import { mus } from '../../../../src/protocol/codec/mus/mus.ts';
import { resolveFirstTypes } from '../../../../src/protocol/codec/mus/options.ts';
import { VirtualClock } from '../../../../src/testing/kit/virtual-clock.ts';
import { DEFAULT_LINK, resolveLink } from '../../../../src/testing/network/link.ts';
import { simulate } from '../../../../src/testing/simulate.ts';
import { memoryTransport } from '../../../../src/wire/transport/memory.ts';
import { tcpTransport } from '../../../../src/wire/transport/tcp.ts';

// Senders, servers, breakers and TLS have the same in the tests of their options.
describe('an option that is undefined is as if it were left out', () => {
  it('of codecs', () => {
    expect(json({ int64: undefined }).name).toBe('json');
    expect(mus({ commands: {}, results: {}, firstType: undefined }).name).toBe('mus');
    expect(resolveFirstTypes(undefined)).toEqual({ command: 0, result: 0 });
    expect(resolveFirstTypes({ commands: undefined, results: undefined })).toEqual({ command: 0, result: 0 });
  });

  it('of transports', () => {
    expect(tcpTransport({ noDelay: undefined }).name).toBe('tcp');
    expect(memoryTransport({ maxInFlightBytes: undefined, defer: undefined }).name).toBe('memory');
  });

  it('of simulations', async () => {
    const names = Object.fromEntries(Object.keys(DEFAULT_LINK).map((name) => [name, undefined]));
    expect(resolveLink(names)).toEqual(DEFAULT_LINK);
    const own = { ...DEFAULT_LINK, latencyMs: 7 };
    expect(resolveLink(names, own)).toEqual(own);
    const options = {
      link: undefined,
      windowBytes: undefined,
      maxMs: undefined,
      logBytes: undefined,
      logSends: undefined,
    };
    const { value } = await simulate(1, ({ clock }) => clock.now(), { ...options, startAtMs: undefined });
    expect(value).toBe(new VirtualClock().now());
  });
});
