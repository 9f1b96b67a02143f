import {
  CommandFailure,
  type CommandFailureKind,
  command,
  defineProtocol,
  type Handlers,
  result,
  type Schema,
} from '../../../src/index.ts';
import type { Simulation } from '../../../src/testing.ts';
import { ENDLESS, type HandlerStyle } from '../schedule.ts';
import type { Sleeper } from './sleeper.ts';

/** What a Command asks of its handler; `id` is that of the send. */
export interface Work {
  readonly id: number;
  readonly style: HandlerStyle;
  readonly count: number;
  readonly everyMs: number;
  readonly pad: string;
  /** A schema refuses it. */
  readonly refused?: boolean;
  /** Its caller has changed it after the call. */
  late?: boolean;
}

/** A Result says whose it is, and the how manieth. */
export interface Answer {
  readonly id: number;
  readonly n: number;
  readonly last: boolean;
  readonly pad: string;
}

/** A schema that takes a promise's time. */
const work: Schema<Work> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: async (value) =>
      (value as Work).refused === true ? { issues: [{ message: 'no such work' }] } : { value: value as Work },
  },
};

const tick: Schema<Answer> = {
  '~standard': {
    version: 1,
    vendor: 'simulation',
    validate: async (value) =>
      typeof (value as Answer).n === 'number' ? { value: value as Answer } : { issues: [{ message: 'no tick' }] },
  },
};

export const protocol = defineProtocol({
  results: {
    Done: result<Answer>(),
    Other: result<Answer>(),
    Tick: result<Answer>({ lastOne: ({ last }) => last }),
    CheckedTick: result(tick, { lastOne: ({ last }) => last }),
  },
  commands: {
    Do: command<Work>().returns('Done'),
    Watch: command<Work>().returns('Tick'),
    Either: command<Work>().returns('Done', 'Other'),
    Checked: command(work).returns('CheckedTick'),
  },
});

/** The Results that each Command has. */
export const RESULTS = {
  Do: ['Done'],
  Watch: ['Tick'],
  Either: ['Done', 'Other'],
  Checked: ['CheckedTick'],
} as const;

/** Another service's. */
export const foreign = defineProtocol({
  results: { Done: result<number>() },
  commands: { Other: command<number>().returns('Done'), Do: command<Work>().returns('Done') },
});

interface Context {
  readonly seq: number;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
  readonly proxy: { send(value: unknown): void | Promise<void>; readonly closed: boolean };
}

/** The most that a schedule asks of a handler, but for streams without an end. */
const MAX_COUNT = 20;
const MAX_EVERY_MS = 200;
/** For one Result. */
const MAX_ONCE_MS = 800;

/**
 * What a handler does of what arrived: where bytes changed on their way, that may be no work at all, or Results without
 * end, or none.
 */
function bounded(payload: Work): Work {
  const { id = -1, count, everyMs } = (payload ?? {}) as Partial<Work>;
  const saneCount = count === ENDLESS ? count : Math.ceil(within(count, 1, MAX_COUNT));
  const sane = { id, count: saneCount, everyMs: within(everyMs, 0, saneCount === 1 ? MAX_ONCE_MS : MAX_EVERY_MS) };
  return count === sane.count && everyMs === sane.everyMs ? payload : { ...payload, ...sane };
}

const within = (value: unknown, least: number, most: number) =>
  typeof value === 'number' && value >= least ? Math.min(value, most) : least;

/** The handlers on one machine. They log each Result of a stream that they give, and when they have done all that there was to do. */
export function handlersOn(
  host: string,
  { network }: Simulation,
  sleeper: Sleeper,
): Handlers<typeof protocol, undefined> {
  const handled = ({ id }: Work, { remoteAddress, seq }: Context) =>
    network.log.add('handled', host, { id, client: remoteAddress, seq });

  const gave = ({ id }: Work, { remoteAddress, seq }: Context, n: number) =>
    network.log.add('gave', host, { id, client: remoteAddress, seq, n });

  /** Counts a handler for as long as it goes on. */
  const begun = (): Disposable => {
    sleeper.handlers++;
    return { [Symbol.dispose]: () => void sleeper.handlers-- };
  };

  /** Counts a generator for as long as it goes on; it may be ended before it comes to its own end. */
  const handledOnce = (payload: Work, context: Context) => {
    const counted = begun();
    let isHandled = false;
    const come = () => {
      if (!isHandled) handled(payload, context);
      isHandled = true;
    };
    return {
      come,
      [Symbol.dispose]: () => {
        counted[Symbol.dispose]();
        come();
      },
    };
  };

  const answer = ({ id, pad, style, count }: Work, n: number): Answer => {
    const last = n >= count;
    const value = { id, n, last, pad };
    return style === 'unsendable' && last ? { ...value, pad: (() => {}) as unknown as string } : value;
  };

  const single = async (payload: Work, context: Context, wrap: (answer: Answer) => unknown): Promise<unknown> => {
    const { style, everyMs } = payload;
    using _ = begun();
    if (style === 'later' || style === 'throwLater') await sleeper.sleep(everyMs * 3);
    if (style === 'hang') await hanging(context.signal);
    const value = wrap(answer({ ...payload, count: 1 }, 1));
    if (style === 'proxy' || style === 'twice') {
      const { proxy } = context;
      if (everyMs > 0) await sleeper.sleep(everyMs);
      handled(payload, context);
      void proxy.send(value);
      if (style === 'twice') void proxy.send(value);
      return undefined;
    }
    handled(payload, context);
    if (style === 'throw' || style === 'throwLater') throw unlucky(payload);
    return value;
  };

  async function* several(payload: Work, context: Context): AsyncGenerator<Answer> {
    const { style, everyMs, count } = payload;
    using end = handledOnce(payload, context);
    for (let n = 1; n <= count; n++) {
      if (style !== 'now' && everyMs > 0) await sleeper.sleep(everyMs);
      const failsHere = (style === 'throw' || style === 'throwLater') && n > count / 2;
      if (n === count || failsHere) end.come();
      if (failsHere) throw unlucky(payload);
      const value = answer(payload, n);
      gave(payload, context, n);
      // A handler that never says which is the last.
      yield style === 'wrongType' ? { ...value, last: false } : value;
    }
  }

  const byProxy = async (payload: Work, context: Context): Promise<undefined> => {
    const { proxy } = context;
    using _ = begun();
    for (let n = 1; n <= payload.count; n++) {
      if (payload.everyMs > 0) await sleeper.sleep(payload.everyMs);
      if (n === payload.count) handled(payload, context);
      gave(payload, context, n);
      await proxy.send(answer(payload, n));
      if (proxy.closed && n < payload.count) {
        handled(payload, context);
        return undefined;
      }
    }
    if (payload.style === 'twice') void proxy.send(answer(payload, payload.count));
    return undefined;
  };

  const stream = (payload: Work, context: Context) =>
    payload.style === 'proxy' || payload.style === 'twice' ? byProxy(payload, context) : several(payload, context);

  const either = (payload: Work, context: Context) => {
    const type = payload.style === 'wrongType' ? 'Nobody' : payload.id % 2 === 0 ? 'Done' : 'Other';
    return single(payload, context, (value) => ({ type, value }));
  };

  return {
    Do: (arrived, context) => {
      const payload = bounded(arrived);
      if (payload.style === 'now') {
        handled(payload, context as Context);
        return answer({ ...payload, count: 1 }, 1);
      }
      return single(payload, context as Context, (value) => value) as Promise<Answer>;
    },
    Watch: (payload, context) => stream(bounded(payload), context as Context) as AsyncIterable<Answer>,
    Either: (payload, context) => either(bounded(payload), context as Context) as Promise<never>,
    Checked: (payload, context) => stream(bounded(payload), context as Context) as AsyncIterable<Answer>,
  };
}

/** Ends when nobody waits for the Command any more. */
function hanging(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

const KINDS: readonly CommandFailureKind[] = ['not-found', 'rate-limited', 'conflict', 'unavailable'];

/** What a handler that is to fail throws: a defect, or an answer of some kind. */
function unlucky({ id }: Work): Error {
  const kind = KINDS[id % 8];
  return kind === undefined ? new Error('unlucky') : new CommandFailure(kind, 'unlucky', { details: { id } });
}
