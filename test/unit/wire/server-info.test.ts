import { describe, expect, test } from 'vitest';
import {
  DEFAULT_SERVER_INFO,
  encodeServerInfo,
  parseServerInfo,
  resolveServerInfo,
  serverInfoMatches,
} from '../../../src/wire/server-info.ts';

describe('a ServerInfo', () => {
  test('has the bytes of the Go implementation', () => {
    expect(encodeServerInfo(DEFAULT_SERVER_INFO).toString('hex')).toBe('0764656661756c74');
    expect(encodeServerInfo('ä').toString('hex')).toBe('02c3a4');
    expect(encodeServerInfo('x'.repeat(300)).subarray(0, 3).toString('hex')).toBe('ac0278');
  });

  test('is a name, and the extensions behind it', () => {
    expect(parseServerInfo('default')).toEqual({ name: 'default', extensions: [] });
    expect(parseServerInfo('calc v2;cancel;deadline')).toEqual({ name: 'calc v2', extensions: ['cancel', 'deadline'] });
  });

  test('matches by its name, with or without extensions', () => {
    expect(serverInfoMatches('default', 'default')).toBe(true);
    expect(serverInfoMatches('default', 'default;cancel')).toBe(true);
    expect(serverInfoMatches('default', 'Default')).toBe(false);
    expect(serverInfoMatches('default', 'default ')).toBe(false);
    expect(serverInfoMatches('default', 'other;default')).toBe(false);
    expect(serverInfoMatches('default', '')).toBe(false);
  });
});

describe('the option serverInfo', () => {
  test('is the default where it is not given', () => {
    expect(resolveServerInfo(undefined)).toBe('default');
  });

  test.each(['x', 'calc v2', 'x'.repeat(1024), '€'.repeat(341)])('accepts %.20s', (text) => {
    expect(resolveServerInfo(text)).toBe(text);
  });

  test.each(['', 'a;b', ';', 'x'.repeat(1025), '€'.repeat(342), 7, null, {}])('refuses %.20s', (value) => {
    expect(() => resolveServerInfo(value)).toThrow(
      expect.objectContaining({
        code: 'invalid-argument',
        message: expect.stringMatching(/^option 'serverInfo' must be a text of 1 to 1024 bytes without ';'; got /),
      }),
    );
  });
});
