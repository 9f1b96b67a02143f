import { describe, expect, it } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { type ServerEvent, serverMachine } from '../../../machines/server.ts';

/** A server with as many connections as said, which go when the test says so. */
function startServer({
  connections: size = 0,
  stop = async () => {},
  listen = async () => ({ address: 'here', close: stop }),
} = {}) {
  const log: string[] = [];
  const connections = {
    size,
    drain: () => void log.push('drain'),
    destroy: () => void log.push('destroy'),
  };
  const clock = new SimulatedClock();
  const machine = serverMachine.provide({
    actors: { listen: fromPromise(listen) },
  });
  const actor = createActor(machine, { clock, input: { link: connections, closeTimeoutMs: 1000 } });
  actor.start();
  return {
    log,
    clock,
    connections,
    context: () => actor.getSnapshot().context,
    state: () => actor.getSnapshot().value,
    async tell(...events: ServerEvent[]) {
      for (const event of events) actor.send(event);
      // What is promised comes true within the turn.
      await new Promise((resolve) => setImmediate(resolve));
      return actor.getSnapshot().value;
    },
  };
}

const shutDown = { type: 'server.shutDown', timeoutMs: 10_000 } as const;
const close = { type: 'server.close' } as const;
const gone = { type: 'connections.gone' } as const;
const never = () => new Promise<void>(() => {});

describe('a server', () => {
  it('listens', async () => {
    const { state, tell } = startServer();
    expect(state()).toBe('starting');
    expect(await tell()).toBe('listening');
  });

  it('that cannot listen has failed, and knows why', async () => {
    const error = new Error('taken');
    const { tell, context } = startServer({ listen: () => Promise.reject(error) });
    expect(await tell()).toBe('failed');
    expect(context().error).toBe(error);
  });

  it('means nothing by the last connection going while it listens', async () => {
    const { tell } = startServer();
    await tell();
    expect(await tell(gone)).toBe('listening');
  });

  it('without connections is closed as soon as it is shut down', async () => {
    const { tell } = startServer();
    await tell();
    expect(await tell(shutDown)).toBe('closed');
  });

  it('drains its connections, and is closed when the last one is gone', async () => {
    const { tell, log, connections } = startServer({ connections: 2 });
    await tell();
    expect(await tell(shutDown)).toMatchObject({ stopping: { listener: 'closed' } });
    expect(log).toEqual(['drain']);
    connections.size = 0;
    expect(await tell(gone)).toBe('closed');
  });

  it('destroys what is left when the time to shut down is over', async () => {
    const { tell, clock, log, connections } = startServer({ connections: 1 });
    await tell();
    await tell(shutDown);
    clock.increment(9_999);
    expect(log).not.toContain('destroy');
    clock.increment(1);
    expect(log).toContain('destroy');
    connections.size = 0;
    expect(await tell(gone)).toBe('closed');
  });

  it('keeps to the first timeout', async () => {
    const { tell, clock, log } = startServer({ connections: 1 });
    await tell();
    await tell(shutDown, { type: 'server.shutDown', timeoutMs: 60_000 });
    clock.increment(10_000);
    expect(log).toContain('destroy');
  });

  it.each([[[close]], [[shutDown, close]], [[close, close, shutDown]]])('closes at once: %j', async (events) => {
    const { tell, log, connections } = startServer({ connections: 1 });
    await tell();
    await tell(...events);
    expect(log.filter((entry) => entry === 'destroy')).toHaveLength(1);
    connections.size = 0;
    expect(await tell(gone)).toBe('closed');
  });

  it('is closed in bounded time, whatever listener and connections do', async () => {
    const { tell, clock } = startServer({ connections: 1, stop: never });
    await tell();
    expect(await tell(close)).toEqual({ stopping: { listener: 'closing', connections: 'closing' } });
    clock.increment(1000);
    expect(await tell()).toBe('closed');
  });

  it('waits for the listener, and bears its failing', async () => {
    const failing = startServer({ stop: () => Promise.reject(new Error('broken')) });
    await failing.tell();
    expect(await failing.tell(close)).toBe('closed');
    const slow = startServer({ stop: never });
    await slow.tell();
    expect(await slow.tell(close)).toEqual({ stopping: { listener: 'closing', connections: 'gone' } });
  });
});
