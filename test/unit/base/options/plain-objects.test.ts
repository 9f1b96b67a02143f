import { runInNewContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { isPlainObject, optionNames, show } from '../../../../src/base/options/check.ts';

const refusalOf = (options: unknown) => {
  try {
    optionNames('the options', options, ['a', 'b']);
  } catch (error) {
    expect(error).toMatchObject({ code: 'invalid-argument' });
    return (error as Error).message;
  }
  return undefined;
};

class Settings {
  a = 1;
}

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe('F18: options', () => {
  it.each<[what: string, options: unknown]>([
    ['a literal', { a: 1 }],
    ['an object without a prototype', Object.assign(Object.create(null), { a: 1 })],
    ['a literal of another realm', runInNewContext('({ a: 1, b: undefined })')],
    ['a copy', structuredClone({ a: 1 })],
    ['what JSON gives', JSON.parse('{"a":1}')],
    ['a module', Object.freeze({ a: 1, [Symbol.toStringTag]: 'Module', [Symbol('x')]: 5 })],
  ])('F18: may be %s; symbols are no options', (_, options) => {
    expect(refusalOf(options)).toBeUndefined();
  });

  it.each<[what: string, options: unknown, got: string]>([
    ['an object of a class', new Settings(), 'an object of the class Settings'],
    ['an object that inherits', Object.create({ a: 1 }), 'an object of the class Object'],
    ['a Map', new Map([['a', 1]]), 'an object of the class Map'],
    ['a Date', new Date(0), 'a Date'],
    ['a promise', Promise.resolve({ a: 1 }), 'an object of the class Promise'],
    ['a promise of another realm', runInNewContext('Promise.resolve({})'), 'an object of the class Promise'],
    ['a Map of another realm', runInNewContext('new Map()'), 'an object of the class Map'],
    ['an error', new Error('x'), 'an object of the class Error'],
    ['a RegExp', /x/, 'an object of the class RegExp'],
    ['bytes', new Uint8Array(3), 'an object of the class Uint8Array'],
    ['an array', [], 'an array of 0'],
    ['a function', () => {}, 'a function'],
    ['a Proxy', new Proxy({ a: 1 }, {}), 'a Proxy'],
    ['a Proxy that is revoked', revoked(), 'a Proxy'],
    ['a literal whose prototype is a Proxy', Object.create(new Proxy({}, {})), 'an object of the class Object'],
    ['null', null, 'null'],
    ['a number', 5, '5'],
  ])('F18: may not be %s, which may hold nothing that can be seen', (_, options, got) => {
    expect(refusalOf(options)).toBe(`the options must be an object; got ${got}`);
    expect(isPlainObject(options)).toBe(false);
  });

  it('F18: that cannot be read are refused, and named', () => {
    const options = {
      a: 1,
      get b(): number {
        throw new Error('boom');
      },
    };
    expect(refusalOf(options)).toBe("the options: 'b' cannot be read: boom");
  });
});

describe('F19: a value that is refused', () => {
  it('F19: is shown whatever it is', () => {
    expect(show(new Proxy(new Date(), {}))).toBe('a Proxy');
    expect(show(revoked())).toBe('a Proxy');
    expect(show(runInNewContext('new Date(NaN)'))).toBe('an invalid Date');
    const own = new Date(Number.NaN);
    own.getTime = () => {
      throw new Error('boom');
    };
    expect(show(own)).toBe('an invalid Date');
  });
});
