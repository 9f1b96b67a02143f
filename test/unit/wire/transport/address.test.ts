import { describe, expect, test } from 'vitest';
import { formatAddress, parseAddress } from '../../../../src/wire/transport/address.ts';

describe('an address', () => {
  test.each([
    ['localhost:9000', 'localhost', 9000],
    ['my-host.example.com:1', 'my-host.example.com', 1],
    ['my_service:65535', 'my_service', 65535],
    ['127.0.0.1:9000', '127.0.0.1', 9000],
    ['[::1]:9000', '::1', 9000],
    ['[fe80::1%eth0]:9000', 'fe80::1%eth0', 9000],
  ])('%s is host and port', (address, host, port) => {
    expect(parseAddress(address)).toEqual({ host, port });
  });

  test.each([
    '',
    'localhost',
    'localhost:',
    ':9000',
    '9000',
    'localhost:0',
    'localhost:65536',
    'localhost:-1',
    'localhost:9000 ',
    ' localhost:9000',
    'localhost:90a',
    'localhost:9e3',
    '::1:9000',
    '[::1]',
    '[localhost]:9000',
    '[]:9000',
    'tcp://localhost:9000',
    'user@localhost:9000',
    'localhost:9000/path',
    'a b:9000',
    'host\n:9000',
    9000,
    null,
    undefined,
    { host: 'localhost', port: 9000 },
  ])('%j is refused, with what is accepted and what came', (address) => {
    expect(() => parseAddress(address)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(/^an address must be 'host:port' .*'localhost:9000'.*'\[::1\]:9000'; got /),
      }),
    );
  });

  test.each(['\x1b[31mhost:9000', 'ho\x9bst:9000', '\u202ehost:9000', '\ud83d:9000', `${'a'.repeat(254)}:9000`])(
    'V11: %j, which only a hostile resolver can give, is refused',
    (address) => {
      expect(() => parseAddress(address)).toThrow(expect.objectContaining({ code: 'invalid-argument' }));
    },
  );

  test('is written the way it is read', () => {
    for (const address of ['localhost:9000', '127.0.0.1:1', '[::1]:9000', '[::ffff:1]:9000']) {
      const { host, port } = parseAddress(address);
      expect(formatAddress(host, port)).toBe(address);
    }
  });

  test('shows an IPv4 address that came as IPv6 as IPv4', () => {
    expect(formatAddress('::ffff:127.0.0.1', 9000)).toBe('127.0.0.1:9000');
  });
});
