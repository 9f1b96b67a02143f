import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { SignalWatch } from '../../../../src/sender/request/signal-watch.ts';

function setUp() {
  const watch = new SignalWatch();
  const controller = new AbortController();
  const { signal } = controller;
  const cancelled: [name: string, reason: unknown][] = [];
  const named = (name: string, then: () => void = () => undefined) => ({
    cancelled: (reason: unknown) => {
      cancelled.push([name, reason]);
      then();
    },
  });
  const listeners = () => getEventListeners(signal, 'abort').length;
  return { watch, controller, signal, cancelled, named, listeners };
}

describe('what a signal cancels', () => {
  it('is everything that was added and not removed, with its reason', () => {
    const { watch, controller, signal, cancelled, named } = setUp();
    const gone = named('gone');
    for (const one of [named('first'), gone, named('second')]) watch.add(signal, one);
    watch.add(new AbortController().signal, named('of another signal'));
    watch.remove(signal, gone);
    controller.abort('why');
    expect(cancelled).toEqual([
      ['first', 'why'],
      ['second', 'why'],
    ]);
  });

  it('takes one listener, however much it is, and none once it is nothing', () => {
    const { watch, signal, named, listeners } = setUp();
    const all = Array.from({ length: 50 }, (_, number) => named(String(number)));
    for (const one of all) watch.add(signal, one);
    expect(listeners()).toBe(1);
    for (const one of all.slice(1)) watch.remove(signal, one);
    expect(listeners()).toBe(1);
    for (const one of all) watch.remove(signal, one);
    expect(listeners()).toBe(0);
    watch.add(signal, named('again'));
    expect(listeners()).toBe(1);
  });

  it('may leave while it is being cancelled, and take others along', () => {
    const { watch, controller, signal, cancelled, named, listeners } = setUp();
    const last = named('last');
    const first = named('first', () => {
      watch.remove(signal, first);
      watch.remove(signal, last);
    });
    const middle = named('middle', () => watch.remove(signal, middle));
    for (const one of [first, middle, last]) watch.add(signal, one);
    controller.abort('why');
    expect(cancelled.map(([name]) => name)).toEqual(['first', 'middle']);
    expect(listeners()).toBe(0);
  });
});

describe('what only looks like a signal', () => {
  const like = (own: object) =>
    ({ reason: 'why', addEventListener() {}, removeEventListener() {}, ...own }) as unknown as AbortSignal;
  const noted = () => {
    const reasons: unknown[] = [];
    return { reasons, cancelled: (reason: unknown) => void reasons.push(reason) };
  };

  it('R4-DD1: may throw when it is let go of', () => {
    const watch = new SignalWatch();
    const signal = like({
      removeEventListener() {
        throw new Error('no');
      },
    });
    const one = noted();
    watch.add(signal, one);
    expect(() => watch.remove(signal, one)).not.toThrow();
  });

  it('R4-DD1: is not watched where it throws when it is listened to', () => {
    const watch = new SignalWatch();
    let calls = 0;
    const signal = like({
      addEventListener() {
        if (++calls === 1) throw new Error('no');
      },
    });
    const [first, second] = [noted(), noted()];
    expect(() => watch.add(signal, first)).toThrow('no');
    watch.add(signal, second);
    expect(calls).toBe(2);
  });

  it('R4-DD1: may fire while it is listened to', () => {
    const signal = like({ addEventListener: (_: string, listener: { handleEvent(): void }) => listener.handleEvent() });
    const one = noted();
    new SignalWatch().add(signal, one);
    expect(one.reasons).toEqual(['why']);
  });

  it('R4-DD1: may have a reason that throws', () => {
    const error = new Error('no');
    let fire = () => {};
    const signal = Object.defineProperty(
      like({
        addEventListener: (_: string, listener: { handleEvent(): void }) => {
          fire = () => listener.handleEvent();
        },
      }),
      'reason',
      {
        get: () => {
          throw error;
        },
      },
    );
    const one = noted();
    new SignalWatch().add(signal, one);
    fire();
    expect(one.reasons).toEqual([error]);
  });
});
