import { describe, expect, it } from 'vitest';
import { nearest } from '../../../../src/base/options/near-name.ts';

const NAMES = [
  'address',
  'addressRefreshMs',
  'tls',
  'timeoutMs',
  'multiTimeoutMs',
  'clients',
  'codec',
  'lazy',
  'hooks',
];

describe('nearest', () => {
  it.each([
    ['adress', 'address'],
    ['addres', 'address'],
    ['addresss', 'address'],
    ['adderss', 'address'],
    ['Address', 'address'],
    ['timeout_ms', 'timeoutMs'],
    ['TIMEOUT-MS', 'timeoutMs'],
    ['timeout', 'timeoutMs'],
    ['timeoutms', 'timeoutMs'],
    ['multi_timeout', 'multiTimeoutMs'],
    ['client', 'clients'],
    ['TLS', 'tls'],
    ['tsl', 'tls'],
    ['tl', 'tls'],
    ['lzy', 'lazy'],
    ['hook', 'hooks'],
    ['hks', 'hooks'],
  ])('A7: takes %s for %s', (name, expected) => {
    expect(nearest(name, NAMES)).toBe(expected);
  });

  it.each(['port', 'url', 'retries', 'ssl', 'lt', 'ca', '', '_', '__proto__', '\u{1f600}'])(
    'A7: finds nothing near %j',
    (name) => expect(nearest(name, NAMES)).toBeUndefined(),
  );

  it('prefers the same name in another case to one that takes an edit, and the nearer of two', () => {
    expect(nearest('Codec', ['codecs', 'codec'])).toBe('codec');
    expect(nearest('Codes', ['coder', 'code'])).toBe('coder');
    expect(nearest('windowSizes', ['windowSizing', 'windowSize', 'window'])).toBe('windowSize');
  });

  it('takes no name of four letters for another that has two of them', () => {
    expect(nearest('host', ['port'])).toBeUndefined();
    expect(nearest('prot', ['port'])).toBe('port');
    expect(nearest('max', ['initialMs', 'maxMs'])).toBe('maxMs');
  });

  it('is not slow where the name is long', () => {
    expect(nearest('x'.repeat(1_000_000), NAMES)).toBeUndefined();
  });

  it('finds nothing among none', () => {
    expect(nearest('address', [])).toBeUndefined();
  });
});
