import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type SessionConnection, type SessionEvent, sessionMachine } from '../../../machines/session.ts';

/** A connection that writes down what the machine makes happen. */
function startSession(busy = false) {
  const log: string[] = [];
  const state = { busy };
  const note = (what: string) => (error?: unknown) => {
    log.push(error === undefined ? what : `${what}: ${String(error)}`);
  };
  const connection: SessionConnection = {
    introduce: note('introduce'),
    isBusy: () => state.busy,
    end: note('end'),
    destroy: note('destroy'),
    abandon: note('abandon'),
    reportLost: note('reportLost'),
    forget: note('forget'),
  };
  const actor = createActor(sessionMachine, { input: { connection } });
  actor.start();
  return {
    log,
    state,
    tell(...events: SessionEvent[]) {
      for (const event of events) actor.send(event);
      return actor.getSnapshot().value;
    },
  };
}

const done = { type: 'handshake.done' } as const;
const drain = { type: 'session.drain' } as const;
const close = { type: 'session.close' } as const;
const settled = { type: 'commands.settled' } as const;
const lost = { type: 'connection.lost', error: 'reset' } as const;

describe('a session', () => {
  it('introduces the server before it serves', () => {
    const { log, tell } = startSession();
    expect(log).toEqual(['introduce']);
    expect(tell(done)).toBe('serving');
  });

  it('whose connection is lost abandons its Commands and tells why', () => {
    const { log, tell } = startSession(true);
    expect(tell(done, lost)).toBe('closed');
    expect(log.slice(1)).toEqual(['reportLost: reset', 'abandon: reset', 'forget']);
  });

  it('drains to the last Command in flight, says goodbye, and waits for the answer', () => {
    const { log, tell } = startSession(true);
    expect(tell(done, drain)).toBe('draining');
    expect(tell(settled)).toBe('ending');
    expect(tell({ type: 'connection.lost' })).toBe('closed');
    expect(log.slice(1)).toEqual(['end', 'abandon', 'forget']);
  });

  it('says goodbye at once where nothing is in flight', () => {
    const { tell } = startSession(false);
    expect(tell(done, drain)).toBe('ending');
  });

  it.each(['serving', 'draining'])('that is %s closes a connection that failed or is idle, and tells why', (phase) => {
    for (const type of ['connection.failed', 'idle.elapsed'] as const) {
      const { log, tell } = startSession(true);
      tell(done, ...(phase === 'draining' ? [drain] : []));
      expect(tell({ type, error: 'why' })).toBe('closing');
      expect(tell({ type: 'connection.lost' })).toBe('closed');
      expect(log.slice(1)).toEqual(['reportLost: why', 'destroy', 'abandon: why', 'abandon', 'forget']);
    }
  });

  it.each<[string, SessionEvent[]]>([
    ['handshake', []],
    ['serving', [done]],
    ['draining', [done, drain]],
    ['ending', [done, drain, settled]],
  ])('closes at once while in %s, and reports nothing that the server did itself', (phase, events) => {
    const { log, tell } = startSession(true);
    expect(tell(...events)).toBe(phase);
    log.length = 0;
    expect(tell(close)).toBe('closing');
    expect(tell(close)).toBe('closing');
    expect(tell({ type: 'connection.lost' })).toBe('closed');
    expect(log).toEqual(['destroy', 'abandon', 'abandon', 'forget']);
  });
});
