import { getSimplePaths } from '@xstate/graph';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createActor } from 'xstate';
import { type RequestEvent, type RequestLink, requestMachine } from '../../../../machines/request.ts';
import { compileMachine } from '../../../../src/base/compile.ts';
import { runs } from '../../../support/runs.ts';
import { TestActor } from '../../base/test-actor.ts';

const MACHINE = compileMachine<{ link: RequestLink }, RequestEvent>(requestMachine);

const error = new Error('reason');
const EVENTS: readonly RequestEvent[] = [
  { type: 'command.sent' },
  { type: 'result.received', resultType: 'Tick', value: 1, size: 4, weight: 4, last: false },
  { type: 'result.received', resultType: 'Tick', value: 2, size: 4, weight: 4, last: true },
  { type: 'command.returned' },
  { type: 'request.failed', error },
  { type: 'deadline.reached' },
  { type: 'caller.cancelled', error },
];

/** Work that writes down what it is made to do, and may cause events of its own while it does it. */
class Recorder implements RequestLink {
  readonly log: string[] = [];
  /** Taken by one action after the other: what that action sends to its own request. */
  echoes: (RequestEvent | undefined)[] = [];
  /** Taken by one look after the other; then never full. */
  full: boolean[] = [];
  send: (event: RequestEvent) => void = () => undefined;

  isFull(): boolean {
    this.log.push('isFull');
    return this.full.shift() ?? false;
  }

  deliver(event: RequestEvent): void {
    this.#note(`deliver ${'value' in event ? event.value : '-'}`);
  }

  release(): void {
    this.#note('release');
  }

  recall(): void {
    this.#note('recall');
  }

  succeed(): void {
    this.#note('succeed');
  }

  fail(event: RequestEvent): void {
    this.#note(`fail by ${event.type}`);
  }

  timeOut(): void {
    this.#note('timeOut');
  }

  cancel(event: RequestEvent): void {
    this.#note(`cancel by ${event.type}`);
  }

  #note(what: string): void {
    this.log.push(what);
    const echo = this.echoes.shift();
    if (echo !== undefined) this.send(echo);
  }
}

/** Takes the same events through both, and compares after each. Returns the last state and the log. */
function runBoth(
  events: readonly RequestEvent[],
  { full = [], echoes = [] }: { full?: readonly boolean[]; echoes?: readonly (RequestEvent | undefined)[] } = {},
) {
  const theirs = new Recorder();
  const ours = new Recorder();
  for (const link of [theirs, ours]) {
    link.full = [...full];
    link.echoes = [...echoes];
  }
  const actor = createActor(requestMachine, { input: { link: theirs } }).start();
  const compiled = new TestActor(MACHINE, { link: ours });
  theirs.send = (event) => actor.send(event);
  ours.send = (event) => compiled.send(event);
  for (const event of events) {
    if (actor.getSnapshot().status === 'active') actor.send(event);
    compiled.send(event);
    expect(ours.log).toEqual(theirs.log);
    expect(compiled.value).toBe(actor.getSnapshot().value);
    expect(compiled.isOver).toBe(actor.getSnapshot().status === 'done');
  }
  return { state: compiled.value, log: ours.log, echoed: echoes.length - ours.echoes.length };
}

/** All paths that visit no state twice, as the sequences of events along them. */
function simplePaths(full: boolean) {
  const link = new Recorder();
  link.isFull = () => full;
  return getSimplePaths(requestMachine, {
    input: { link },
    events: EVENTS,
    serializeState: (snapshot) => JSON.stringify(snapshot.value),
  }).map(({ state, steps }) => ({
    state: state.value,
    events: steps
      .map((step) => step.event)
      .filter((event) => event.type !== ('xstate.init' as never)) as RequestEvent[],
  }));
}

describe('the request machine, compiled', () => {
  it.each([false, true])(
    'is in the same state as XState along every path, with Results that are kept full: %s',
    (full) => {
      const paths = simplePaths(full);
      const reached = new Set(paths.map(({ state }) => state));
      expect([...reached].sort()).toEqual([...MACHINE.states].sort());
      for (const { state, events } of paths) {
        expect(runBoth(events, { full: events.map(() => full) }).state).toBe(state);
        // One event more, whichever it is: also those that a state ignores, and those that come after the end.
        for (const event of EVENTS)
          runBoth([...events, event, event], { full: [...events, event, event].map(() => full) });
      }
    },
  );

  it('runs the same actions in the same order as XState for any events, those that its own actions cause included', () => {
    const anEvent = fc.constantFrom(...EVENTS);
    // Mostly lives that get somewhere: sent first, endings rare.
    const usual = fc.constantFrom(...EVENTS.slice(0, 3), ...EVENTS.slice(0, 2));
    let longest = 0;
    let echoed = 0;
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: usual }, { weight: 1, arbitrary: anEvent }), { maxLength: 15 }),
        fc.array(fc.boolean(), { maxLength: 3 }),
        fc.array(fc.option(anEvent, { nil: undefined, freq: 1 }), { maxLength: 10 }),
        (events, full, echoes) => {
          const run = runBoth([{ type: 'command.sent' }, ...events], { full, echoes });
          longest = Math.max(longest, run.log.length);
          echoed += run.echoed;
        },
      ),
      { numRuns: runs(2000) },
    );
    expect(longest).toBeGreaterThan(8);
    expect(echoed).toBeGreaterThan(500);
  });

  it('releases before it tells, and tells once', () => {
    const [sent, more, last, returned, failed, deadline, cancelled] = EVENTS as [
      RequestEvent,
      RequestEvent,
      RequestEvent,
      RequestEvent,
      RequestEvent,
      RequestEvent,
      RequestEvent,
    ];
    const lives: [RequestEvent[], string[]][] = [
      [
        [sent, more, last],
        ['deliver 1', 'isFull', 'deliver 2', 'release', 'succeed'],
      ],
      [
        [sent, more, failed],
        ['deliver 1', 'release', 'fail by request.failed'],
      ],
      [[failed], ['release', 'fail by request.failed']],
      [
        [sent, returned, sent, last],
        ['recall', 'deliver 2', 'release', 'succeed'],
      ],
      [
        [sent, more, returned, last],
        ['deliver 1', 'isFull', 'deliver 2', 'release', 'succeed'],
      ],
      [[deadline], ['release', 'timeOut']],
      [
        [sent, cancelled],
        ['release', 'cancel by caller.cancelled'],
      ],
    ];
    for (const [events, log] of lives) expect(runBoth([...events, ...EVENTS]).log).toEqual(log);
    const overflow = ['deliver 1', 'isFull', 'release', 'fail by result.received'];
    expect(runBoth([sent, more, last], { full: [true] }).log).toEqual(overflow);
  });
});
