import { describe, expect, it } from 'vitest';
import { handlerOf } from '../../../src/server/handlers.ts';

const missing = (name: string) =>
  expect.objectContaining({
    code: 'invalid-argument',
    message: `the Command '${name}' needs a handler function; got undefined`,
  });

/** What every object can do. */
const everyObjects = ['constructor', 'toString', 'valueOf', 'hasOwnProperty', '__defineGetter__'];

describe('the handler of a Command', () => {
  it.each(everyObjects)('called %s is missing where nobody has made one', (name) => {
    expect(() => handlerOf({ Add: () => 1 }, name)).toThrow(missing(name));
    expect(() => handlerOf(Object.create(null), name)).toThrow(missing(name));
    expect(() => handlerOf(Object.create({ Add: () => 1 }), name)).toThrow(missing(name));
  });

  it.each(everyObjects)('called %s is the one that the object has', (name) => {
    const own = () => name;
    expect(handlerOf(Object.defineProperty({}, name, { value: own }), name)).toBe(own);
    const method = { [name]() {} };
    expect(handlerOf(method, name)).toBe(method[name]);
    expect(handlerOf(Object.create(method), name)).toBe(method[name]);
  });

  it('may come from a class or the one that it extends, but is no constructor', () => {
    class Base {
      Add() {}
      toString() {
        return 'base';
      }
    }
    class Derived extends Base {
      Find() {}
    }
    const handlers = new Derived();
    expect(handlerOf(handlers, 'Add')).toBe(Base.prototype.Add);
    expect(handlerOf(handlers, 'Find')).toBe(Derived.prototype.Find);
    expect(handlerOf(handlers, 'toString')).toBe(Base.prototype.toString);
    for (const none of [new Base(), handlers, Object.create(handlers)]) {
      expect(() => handlerOf(none, 'constructor')).toThrow(missing('constructor'));
    }
    const own = function (this: unknown) {};
    expect(handlerOf(Object.assign(handlers, { constructor: own }), 'constructor')).toBe(own);
  });

  it('may be made by a Proxy when it is asked for', () => {
    const made = () => 'made';
    expect(handlerOf(new Proxy({}, { get: () => made }), 'Add')).toBe(made);
  });
});
