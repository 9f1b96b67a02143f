import type { GroupStatus, StatusEvent } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { RefusalPace } from '../../../src/base/refusal-pace.ts';
import { StatusStream } from '../../../src/sender/status.ts';

const END = { done: true, value: undefined };
const status = (state: GroupStatus['state']): GroupStatus => ({
  type: 'group',
  name: undefined,
  state,
  ready: 0,
  size: 1,
  clients: [],
  error: undefined,
});

function setUp(now: GroupStatus['state'] = 'ready') {
  const listeners = new Set<(event: StatusEvent) => void>();
  const stream = new StatusStream(
    status(now),
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    new RefusalPace(systemClock),
  );
  const tell = (state: GroupStatus['state']) => {
    for (const listener of [...listeners]) listener(status(state));
  };
  return { stream, listeners, tell };
}

async function statesOf(stream: StatusStream): Promise<string[]> {
  const states: string[] = [];
  for await (const event of stream) if (event.type === 'group') states.push(event.state);
  return states;
}

describe('a stream of status changes', () => {
  it('tells changes in order, whether they come before or after they are asked for, and ends with closed', async () => {
    const { stream, tell, listeners } = setUp();
    tell('degraded');
    const states = statesOf(stream);
    tell('unavailable');
    tell('closed');
    expect(await states).toEqual(['degraded', 'unavailable', 'closed']);
    expect(listeners.size).toBe(0);
    expect(await stream.next()).toEqual(END);
  });

  it('ends everyone who waits', async () => {
    const { stream, tell } = setUp();
    const waiting = [stream.next(), stream.next(), stream.next()];
    tell('closed');
    expect(await Promise.all(waiting)).toEqual([{ done: false, value: status('closed') }, END, END]);
  });

  it('keeps the newest 256 for a reader who does not keep up', async () => {
    const { stream, tell } = setUp();
    for (let n = 1; n <= 44; n++) tell('unavailable');
    tell('degraded');
    for (let n = 1; n <= 254; n++) tell('ready');
    tell('closed');
    const states = await statesOf(stream);
    expect(states).toHaveLength(256);
    expect([states[0], states[1], states.at(-1)]).toEqual(['degraded', 'ready', 'closed']);
  });

  it('listens no more once its reader has left, by break, return() or `await using`', async () => {
    const { stream, tell, listeners } = setUp();
    tell('degraded');
    for await (const _ of stream) break;
    expect(listeners.size).toBe(0);
    expect(await stream.next()).toEqual(END);

    const other = setUp();
    const waiting = other.stream.next();
    expect(await other.stream.return()).toEqual(END);
    expect(await waiting).toEqual(END);
    expect(other.listeners.size).toBe(0);

    const third = setUp();
    {
      await using _ = third.stream;
      expect(third.listeners.size).toBe(1);
    }
    expect(third.listeners.size).toBe(0);
  });

  it('is over at once when everything is closed already', async () => {
    const { stream, listeners } = setUp('closed');
    expect(listeners.size).toBe(0);
    expect(await stream.next()).toEqual(END);
  });
});
