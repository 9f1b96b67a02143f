import type { InspectionEvent as XStateEvent } from 'xstate';
import type { Watch } from '../base/actor-root.ts';
import { type Defer, deferToEndOfTurn } from '../base/clock.ts';
import { fieldOf } from '../base/errors/ask.ts';
import { flag, invalidOption, isPlainObject, optionNames, wholeNumber } from '../base/options/check.ts';
import { Disclosure } from './disclosure.ts';
import type { InspectionFunction, InspectionListener } from './events.ts';
import { LateObserver } from './late-observer.ts';

/**
 * Sees what happens in an actor system: what XState calls an inspection observer, or a function. It is told at the end of
 * the turn, so that whatever it does comes after what it is told of.
 */
export type InspectionObserver = InspectionListener | InspectionFunction;

/**
 * Something that has an inspection observer: what `createWebSocketInspector()` and its like of `@statelyai/inspect`
 * return, and `createLocalInspector()` of `cmd-stream/inspect`.
 */
export interface Inspector {
  /** The observer. */
  readonly inspect: InspectionObserver;
}

/** How much an inspector sees. */
export interface InspectOptions {
  /** Observer that sees it: a function, an XState inspection observer, or an inspector that has one. */
  readonly observer: InspectionObserver | Inspector;
  /**
   * Of how many requests of a sender one is shown, the first of them first: 1 shows all, 100 one in a hundred. The others
   * run at full speed, as without an inspector. Means nothing to `serve`. Default 1.
   */
  readonly everyNth?: number | undefined;
  /**
   * Whether payloads are shown: those of Commands and Results, and the messages of errors that may quote them, in at most
   * 2,000 characters a text, 64 KiB an event. Default false: they are left out before the observer sees anything.
   */
  readonly payloads?: boolean | undefined;
}

/** The option `inspect`: who watches; or {@link InspectOptions}, to say how much of it. */
export type Inspect = InspectionObserver | Inspector | InspectOptions;

/** {@link Inspect}, complete. */
export interface ResolvedInspect {
  /** Takes what XState tells. Never throws: of an observer that does, the process is warned. Observers hear of it at the end of the turn. */
  readonly watch: Watch;
  readonly everyNth: number;
}

const NAMES: readonly (keyof InspectOptions)[] = ['observer', 'everyNth', 'payloads'];
const OBSERVER = ['an inspector', 'an observer with next()', 'a function'];

/**
 * Completes the option `inspect`.
 *
 * @param defer - when the observer is told: never in the middle of what it is told of.
 * @throws CmdStreamError `invalid-argument`, naming the option, what it accepts and what it got.
 */
export function resolveInspect(
  inspect: Inspect | undefined,
  defer: Defer = deferToEndOfTurn,
): ResolvedInspect | undefined {
  if (inspect === undefined) return undefined;
  const direct = observerOf(inspect);
  if (direct !== undefined && isPlainObject(inspect) && NAMES.some((name) => Object.hasOwn(inspect, name))) {
    const accepted = `either an observer, or { observer, everyNth, payloads } with it as 'observer'`;
    throw invalidOption('inspect', accepted, inspect);
  }
  if (direct !== undefined) return resolved(direct, 1, false, defer);
  if (!isPlainObject(inspect) || !NAMES.some((name) => name in inspect)) {
    throw invalidOption('inspect', `${OBSERVER.join(', ')} or { observer, everyNth, payloads }`, inspect);
  }
  optionNames(`option 'inspect'`, inspect, NAMES);
  const options = inspect as Partial<InspectOptions>;
  const observer = observerOf(options.observer);
  if (observer === undefined) throw invalidOption('inspect.observer', OBSERVER.join(' or '), options.observer);
  const everyNth = wholeNumber('inspect.everyNth', options.everyNth, 1);
  return resolved(observer, everyNth, flag('inspect.payloads', options.payloads, false), defer);
}

type See = (event: XStateEvent) => unknown;

/** Function to be called with each event, if `value` is somebody who watches. */
function observerOf(value: unknown): See | undefined {
  if (typeof value === 'function') return value as See;
  if (!isObject(value)) return undefined;
  // At each event, as XState would: an observer is an object that may change.
  if (typeof fieldOf(value, 'next') === 'function') return (event) => (value as InspectionListener).next?.(event);
  const inner = fieldOf(value, 'inspect');
  return inner === undefined ? undefined : observerOf(inner);
}

function resolved(see: See, everyNth: number, payloads: boolean, defer: Defer): ResolvedInspect {
  const disclosure = new Disclosure(payloads);
  const observer = new LateObserver(see, defer);
  const watch: Watch = (event) => observer.note(() => disclosure.eventOf(event));
  return Object.freeze({ watch, everyNth });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
