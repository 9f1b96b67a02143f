import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import * as firstCodec from '../../../../src/codec.ts';
import * as first from '../../../../src/index.ts';

/** The library once more, as a process has it where two versions of a dependency bring one each. */
let second: typeof first;
let secondCodec: typeof firstCodec;

beforeAll(async () => {
  vi.resetModules();
  second = await import('../../../../src/index.ts');
  secondCodec = await import('../../../../src/codec.ts');
});

afterAll(() => vi.resetModules());

const SETTINGS = { windowSize: 2, failureRate: 0.5, openDurationMs: 60_000 };

const protocol = first.defineProtocol({
  results: { Text: first.result<string>() },
  commands: { Echo: first.command<string>().returns('Text') },
});

async function stage(options: Partial<first.SenderOptions>, serverOptions: first.ServerOptions = {}) {
  const transport = first.memoryTransport();
  const handlers = {
    Echo(text: string) {
      if (text === 'fail') throw new Error('failed');
      return text;
    },
  };
  const server = await first.serve(protocol, null, handlers, { transport, onHandlerError() {}, ...serverOptions });
  const sender = await first.createSender(protocol, { transport, address: server.address, ...options });
  return {
    server,
    sender,
    async [Symbol.asyncDispose]() {
      await sender.close();
      await server.close();
    },
  };
}

describe('F18: two copies of the library in one process', () => {
  it('F18: are two: their classes are not the same', () => {
    expect(second.CmdStreamError).not.toBe(first.CmdStreamError);
    expect(Object.getPrototypeOf(new second.CmdStreamError('closed', 'x'))).not.toBe(first.CmdStreamError.prototype);
  });

  it('F18: know the errors of each other', () => {
    const error = new second.CmdStreamError('overloaded', 'enough');
    expect(error instanceof first.CmdStreamError).toBe(true);
    expect(first.CmdStreamError.is(error)).toBe(true);
    expect(first.CmdStreamError.from(error, 'internal')).toBe(error);
  });

  it("F18: take a hook's refusal in the words of the other", async () => {
    const refusal = new second.CmdStreamError('overloaded', 'enough for today');
    const hooks = () => ({
      beforeSend() {
        throw refusal;
      },
    });
    await using on = await stage({ hooks });
    await expect(on.sender.send(protocol.Echo('x'))).rejects.toBe(refusal);
  });

  it('F18: use a circuit breaker of the other: it opens, and is the one that the sender shows', async () => {
    using shared = second.createCircuitBreaker(SETTINGS);
    await using on = await stage({ circuitBreaker: shared });
    for (let n = 0; n < 2; n++) await expect(on.sender.send(protocol.Echo('fail'))).rejects.toThrow('failed');
    expect(shared.state).toBe('open');
    expect(on.sender.circuitBreaker).toBe(shared);
    await expect(on.sender.send(protocol.Echo('x'))).rejects.toMatchObject({ code: 'circuit-open' });
  });

  it('F18: put a circuit breaker of the other in front of sends by hooks', async () => {
    using shared = second.createCircuitBreaker(SETTINGS);
    await using on = await stage({ hooks: first.circuitBreakerHooks(shared) });
    for (let n = 0; n < 2; n++) await expect(on.sender.send(protocol.Echo('fail'))).rejects.toThrow('failed');
    expect(shared.state).toBe('open');
  });

  it('F18: read by a codec of the other, whose bad payloads reach no handler', async () => {
    const odd = secondCodec.lengthPrefixed('odd', () => ({
      write: (value, writer) => writer.writeUtf8(String(value)),
      read(buffer, start, end) {
        const text = buffer.toString('utf8', start, end);
        if (text.startsWith('bad')) throw new Error('it is bad');
        return text;
      },
    }));
    await using on = await stage({ codec: odd }, { codec: odd });
    expect(await on.sender.send(protocol.Echo('good'))).toBe('good');
    const bad = on.sender.send(protocol.Echo('bad'));
    // The Result, too: the error Result of this codec is a text, and not readable as one either.
    await expect(bad).rejects.toMatchObject({ name: 'CmdStreamError' });
    expect(new secondCodec.BadPayload(new Error('x'), 'odd') instanceof firstCodec.BadPayload).toBe(true);
  });

  it('F18: send a Command of a protocol that the other has declared', async () => {
    const theirs = second.defineProtocol({
      results: { Text: second.result<string>() },
      commands: { Echo: second.command<string>().returns('Text') },
    });
    const transport = first.memoryTransport();
    await using server = await first.serve(theirs, null, { Echo: (text: string) => text }, { transport });
    await using sender = await second.createSender(theirs, { transport, address: server.address });
    expect(await sender.send(theirs.Echo('x'))).toBe('x');
  });
});

class MarkOfBreaker {
  constructor() {
    Object.assign(this, { [Symbol.for('cmd-stream.CircuitBreaker')]: true });
  }
}

describe('F18: what passes for a circuit breaker, and is none', () => {
  it.each<[what: string, make: () => unknown]>([
    ['a Proxy of one', () => new Proxy(first.createCircuitBreaker(), {})],
    ['what inherits from one', () => Object.create(first.createCircuitBreaker())],
    ['what only bears the mark', () => new MarkOfBreaker()],
    ['an object of another class', () => new (class Breaker {})()],
    ['a Map', () => new Map()],
    ['a promise of one', () => Promise.resolve(first.createCircuitBreaker())],
  ])('F18: is refused: %s', async (_, make) => {
    const options = { address: 'localhost:1', circuitBreaker: make() as never, onStatus() {} };
    await expect(first.createSender(protocol, options)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringContaining("'circuitBreaker'"),
    });
    expect(() => first.circuitBreakerHooks(make() as never)).toThrow(/must be a CircuitBreaker/);
  });
});
