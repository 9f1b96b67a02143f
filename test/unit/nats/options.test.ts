import { describe, expect, it } from 'vitest';
import { type NatsOptions, resolveNatsOptions } from '../../../src/nats/options.ts';

const NATS = { servers: 'nats://a:4222', service: 'calc' };
const messageOf = (options: unknown) => {
  try {
    resolveNatsOptions(options as NatsOptions);
  } catch (error) {
    return (error as Error).message;
  }
  return undefined;
};

describe('the options of natsEngine()', () => {
  it('are completed', () => {
    const servers = ['a:1', 'nats://b:2', 'nats://[::1]:3/'];
    expect(resolveNatsOptions({ ...NATS, servers })).toEqual({
      addresses: ['a:1', 'b:2', '[::1]:3'],
      service: 'calc',
      version: '0.0.0',
      connection: {},
    });
  });

  it('have nothing said in plain text where one of the servers is for TLS', () => {
    const connection = { token: 't' };
    expect(resolveNatsOptions({ ...NATS, servers: ['a:1', 'tls://b:2'], connection }).connection).toEqual({
      token: 't',
      tls: {},
    });
    expect(connection).toEqual({ token: 't' });
  });

  it.each([
    [{}, "option 'servers' must be 'nats://host:port', or a list of such; got undefined"],
    [{ ...NATS, servers: [] }, "option 'servers' must be 'nats://host:port', or a list of such; got an array of 0"],
    [
      { ...NATS, servers: 'ws://a:1' },
      "option 'servers' must be 'nats://host:port', or a list of such; got \"ws://a:1\"",
    ],
    [
      { ...NATS, servers: 'nats://me:secret@a:1' },
      "option 'servers' must be without a user: 'connection' has one; got a string",
    ],
    [{ ...NATS, service: 'a.b' }, "option 'service' must be a name of letters, digits, '_' and '-'; got \"a.b\""],
    [{ ...NATS, version: '1' }, "option 'version' must be a version such as '1.0.0'; got \"1\""],
    [
      { ...NATS, connection: { reconnect: true } },
      /option 'connection' must be of authenticator, .* only; got "reconnect"/,
    ],
    [{ ...NATS, connection: 'x' }, 'option \'connection\' must be an object of options of nats.js; got "x"'],
    [{ ...NATS, server: 'x' }, "natsEngine() has no option 'server'; did you mean 'servers'?"],
  ])('are refused where they are %j', (options, message) => {
    if (typeof message === 'string') expect(messageOf(options)).toBe(message);
    else expect(messageOf(options)).toMatch(message);
  });
});
