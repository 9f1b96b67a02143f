import { describe, expect, it } from 'vitest';
import { createActor, SimulatedClock } from 'xstate';
import { type SessionEvent, type SessionLink, sessionMachine } from '../../../machines/session.ts';

/** A link that writes down what the machine makes happen. */
function startSession(busy = false, authorizes = false, offers = true, ageGraceMs = Number.POSITIVE_INFINITY) {
  const log: string[] = [];
  const state = { busy, writing: false, quietInMs: 0, greeted: false, ages: false };
  const note = (what: string) => (error?: unknown) => {
    log.push(error === undefined ? what : `${what}: ${String(error)}`);
  };
  let answer: ((answer: SessionEvent) => void) | undefined;
  const link: SessionLink = {
    authorize: (tell) => {
      log.push('authorize');
      answer = tell;
    },
    reportRefused: note('reportRefused'),
    introduce: note('introduce'),
    isGreeted: () => state.greeted,
    welcome: note('welcome'),
    admit: note('admit'),
    startAge: () => {
      state.ages = true;
    },
    stopAge: () => {
      state.ages = false;
    },
    reportOverstayed: note('reportOverstayed'),
    sayGoodbye: note('sayGoodbye'),
    sendAway: note('sendAway'),
    isBusy: () => state.busy,
    quietInMs: () => state.quietInMs,
    end: note('end'),
    isWriting: () => state.writing,
    destroy: note('destroy'),
    abandon: note('abandon'),
    reportLost: note('reportLost'),
    forget: note('forget'),
  };
  const clock = new SimulatedClock();
  const input = { link, authorizes, offers, authorizeTimeoutMs: 800, goodbyeTimeoutMs: 500, ageGraceMs };
  const actor = createActor(sessionMachine, { clock, input });
  actor.start();
  const value = () => {
    const { value } = actor.getSnapshot();
    return typeof value === 'object' ? Object.keys(value)[0] : value;
  };
  return {
    log,
    state,
    clock,
    value,
    answer(event: SessionEvent) {
      answer?.(event);
      return value();
    },
    tell(...events: SessionEvent[]) {
      for (const event of events) actor.send(event);
      return value();
    },
  };
}

const greeted = { type: 'client.greeted' } as const;
const admitted = { type: 'client.admitted' } as const;
const done = { type: 'handshake.done' } as const;
const aged = { type: 'age.elapsed' } as const;
const drain = { type: 'session.drain' } as const;
const close = { type: 'session.close' } as const;
const settled = { type: 'commands.settled' } as const;
const lost = { type: 'connection.lost', error: 'reset' } as const;

describe('a session', () => {
  it('introduces the server before it serves', () => {
    const { log, tell } = startSession();
    expect(log).toEqual(['admit', 'introduce']);
    expect(tell(done)).toBe('serving');
  });

  it('lets nobody in, and introduces nothing, until it is said that the client may come in', () => {
    const { log, value, answer } = startSession(false, true, false);
    expect(value()).toBe('authorizing');
    expect(log).toEqual(['authorize']);
    expect(answer(admitted)).toBe('serving');
    expect(log).toEqual(['authorize', 'admit', 'introduce']);
  });

  it('ends in order where the client may not come in, and hears no second answer', () => {
    const { log, answer, tell } = startSession(false, true, false);
    expect(answer({ type: 'client.refused', error: 'no' })).toBe('ending');
    expect(answer(admitted)).toBe('ending');
    expect(tell(lost)).toBe('closed');
    expect(log).toEqual(['authorize', 'reportRefused: no', 'end', 'abandon: reset', 'forget']);
  });

  it('gives nobody more time to answer than it has, and one turn', () => {
    const { log, clock, value, answer } = startSession(false, true, false);
    clock.increment(800);
    expect(value()).toBe('authorizing');
    clock.increment(1);
    expect(value()).toBe('ending');
    expect(answer(admitted)).toBe('ending');
    expect(log).toEqual(['authorize', 'reportRefused', 'end']);
  });

  it.each([
    ['is shut down', drain, 'ending'],
    ['is closed', close, 'closing'],
    ['loses its connection', lost, 'closed'],
  ] as const)('that %s before it is said whether the client may come in lets nobody in', (_what, event, state) => {
    const { log, tell, answer } = startSession(false, true, false);
    expect(tell(event)).toBe(state);
    expect(answer(admitted)).toBe(state);
    expect(log).not.toContain('introduce');
  });

  it('whose connection is lost abandons its Commands and tells why', () => {
    const { log, tell } = startSession(true);
    expect(tell(done, lost)).toBe('closed');
    expect(log.slice(2)).toEqual(['reportLost: reset', 'abandon: reset', 'forget']);
  });

  it('drains to the last Command in flight, says goodbye, and waits for the answer', () => {
    const { log, tell } = startSession(true);
    expect(tell(done, drain)).toBe('draining');
    expect(tell(settled)).toBe('ending');
    expect(tell({ type: 'connection.lost' })).toBe('closed');
    expect(log.slice(2)).toEqual(['sayGoodbye', 'end', 'abandon', 'forget']);
  });

  it('whose goodbye is not answered closes after a time, but not before all is written', () => {
    const { log, tell, clock, state, value } = startSession();
    state.writing = true;
    tell(done, drain);
    clock.increment(500);
    clock.increment(499);
    state.writing = false;
    expect(value()).toBe('ending');
    clock.increment(1);
    expect(value(), 'one turn to read the goodbye').toBe('ending');
    clock.increment(1);
    expect(value()).toBe('closing');
    expect(log.slice(2)).toEqual(['sayGoodbye', 'end', 'destroy', 'abandon']);
  });

  it('V5: whose goodbye lies there unread when the time is over ends in order', () => {
    const { log, tell, clock } = startSession();
    tell(done, drain);
    clock.increment(500);
    expect(tell({ type: 'connection.lost' })).toBe('closed');
    expect(log.slice(2)).toEqual(['sayGoodbye', 'end', 'abandon', 'forget']);
  });

  it('that waits in vain for what it has written to be taken closes when it is idle', () => {
    const { tell, state } = startSession();
    state.writing = true;
    expect(tell(done, drain, { type: 'idle.elapsed', error: 'why' })).toBe('closing');
  });

  it.each(['serving', 'draining'])('that is %s ends in order at a failure that is not answered', (phase) => {
    const { log, tell } = startSession(true);
    const goodbye = phase === 'draining' ? ['sayGoodbye'] : [];
    tell(done, ...(phase === 'draining' ? [drain] : []));
    expect(tell({ type: 'command.failed', error: 'why' })).toBe('ending');
    expect(tell({ type: 'command.failed', error: 'another' }, settled)).toBe('ending');
    expect(log.slice(2)).toEqual([...goodbye, 'reportLost: why', 'abandon: why', 'end']);
  });

  it('says goodbye at once where nothing is in flight', () => {
    const { tell } = startSession(false);
    expect(tell(done, drain)).toBe('ending');
  });

  it.each(['serving', 'draining'])('that is %s closes a connection that failed or is idle, and tells why', (phase) => {
    const goodbye = phase === 'draining' ? ['sayGoodbye'] : [];
    for (const type of ['connection.failed', 'idle.elapsed'] as const) {
      const { log, tell } = startSession(true);
      tell(done, ...(phase === 'draining' ? [drain] : []));
      expect(tell({ type, error: 'why' })).toBe('closing');
      expect(tell({ type: 'connection.lost' })).toBe('closed');
      const reported = ['reportLost: why', 'destroy', 'abandon: why', 'abandon', 'forget'];
      expect(log.slice(2)).toEqual([...goodbye, ...reported]);
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

  it('welcomes a client that says who it is, once', () => {
    const { log, tell, state } = startSession();
    tell(done);
    state.greeted = true;
    expect(tell(greeted)).toBe('serving');
    expect(tell(greeted)).toBe('serving');
    expect(log).toEqual(['admit', 'introduce', 'welcome']);
  });

  it('asks about a client that says who it is only then, and welcomes it once it may come in', () => {
    const { log, tell, answer, state } = startSession(false, true);
    expect(log).toEqual(['introduce']);
    state.greeted = true;
    expect(tell(greeted)).toBe('authorizing');
    expect(answer(admitted)).toBe('serving');
    expect(log).toEqual(['introduce', 'authorize', 'admit', 'welcome']);
  });

  it('asks about a client that does not say who it is as soon as it speaks, and welcomes it later', () => {
    const { log, tell, answer, state } = startSession(false, true);
    expect(tell({ type: 'client.spoke' })).toBe('authorizing');
    answer(admitted);
    state.greeted = true;
    tell(greeted);
    expect(log).toEqual(['introduce', 'authorize', 'admit', 'introduce', 'welcome']);
  });

  it('asks about a silent client when its time is over, and gives it the same time again for the answer', () => {
    const { log, value, clock } = startSession(false, true);
    clock.increment(799);
    expect(value()).toBe('listening');
    clock.increment(1);
    expect(value()).toBe('authorizing');
    clock.increment(800);
    expect(value()).toBe('authorizing');
    clock.increment(1);
    expect(value()).toBe('ending');
    expect(log).toEqual(['introduce', 'authorize', 'reportRefused', 'end']);
  });

  it.each([
    ['is shut down', drain, 'ending'],
    ['is closed', close, 'closing'],
    ['loses its connection', lost, 'closed'],
  ] as const)('that %s while it listens asks nobody', (_what, event, state) => {
    const { log, tell } = startSession(false, true);
    expect(tell(event)).toBe(state);
    expect(tell(greeted)).toBe(state);
    expect(log).not.toContain('authorize');
  });

  it('gives a client no quiet time that says who it is while it drains', () => {
    const { log, tell, clock, state } = startSession();
    state.quietInMs = 250;
    expect(tell(done, drain)).toBe('draining');
    clock.increment(100);
    Object.assign(state, { greeted: true, quietInMs: 0 });
    expect(tell(greeted)).toBe('ending');
    expect(log.slice(2)).toEqual(['sayGoodbye', 'welcome', 'sayGoodbye', 'end']);
  });

  it('sends a greeted client away once it has stayed for long, and waits for what is in flight', () => {
    const { log, state, clock, tell } = startSession(true);
    expect(tell(done, greeted)).toBe('serving');
    expect(state.ages).toBe(true);
    log.length = 0;
    expect(tell(aged)).toBe('retiring');
    expect({ log, ages: state.ages }).toEqual({ log: ['sendAway'], ages: false });
    clock.increment(3_600_000);
    expect(tell(drain, aged)).toBe('retiring');
    expect(tell(settled)).toBe('ending');
    expect(log).toEqual(['sendAway', 'end']);
  });

  it('ends at once, where nothing is in flight then', () => {
    const { tell } = startSession();
    expect(tell(done, greeted, aged)).toBe('ending');
  });

  it('cuts off what is in flight after the grace', () => {
    const { log, clock, value, tell } = startSession(true, false, true, 300);
    expect(tell(done, greeted, aged)).toBe('retiring');
    clock.increment(299);
    expect(value()).toBe('retiring');
    log.length = 0;
    clock.increment(1);
    expect(value()).toBe('closing');
    expect(log).toEqual(['reportOverstayed', 'destroy', 'abandon']);
  });

  it('leaves a client alone that has not said who it is, however long it stays', () => {
    const { log, tell } = startSession();
    expect(tell(done, aged)).toBe('serving');
    expect(log).toEqual(['admit', 'introduce']);
  });
});
