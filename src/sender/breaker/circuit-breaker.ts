import { types } from 'node:util';
import { type Actor, type AnyActorRef, createActor, type InspectionEvent, type SnapshotFrom } from 'xstate';
import { type CircuitBreakerEvent, circuitBreakerMachine } from '../../../machines/circuit-breaker.ts';
import type { Watch } from '../../base/actor-root.ts';
import { AsyncContext, inContextOfNow } from '../../base/async-context.ts';
import { type Clock, type Defer, deferToEndOfTurn, systemClock, unrefedClock } from '../../base/clock.ts';
import { clockOption } from '../../base/clock-option.ts';
import { fieldOf, hasMethods } from '../../base/errors/ask.ts';
import { hasBrand, markClass } from '../../base/errors/brand.ts';
import { optionNames } from '../../base/options/check.ts';
import { callUser, processWarning, type Warn } from '../../base/warn.ts';
import { FailureWindow } from './failure-window.ts';
import {
  type CircuitBreakerOptions,
  type CircuitBreakerState,
  type CountsAsFailure,
  type ResolvedCircuitBreakerOptions,
  resolveCircuitBreakerOptions,
} from './options.ts';
import { type CircuitBreakerListener, StateChanges } from './state-changes.ts';

/** Marks circuit breakers: the same in every copy of the library that a process loads. */
const breakerBrand = Symbol.for('cmd-stream.CircuitBreaker');

type Snapshot = SnapshotFrom<typeof circuitBreakerMachine>;

/** What a circuit breaker runs on. */
export interface CircuitBreakerEnvironment {
  /** Default: the machine's clock. With a `parent`, timers come from the clock of the parent's actor system. */
  readonly clock?: Clock;
  /** How a change that time makes is told: outside of the timer's own work. Default: at the end of the turn. */
  readonly defer?: Defer;
  /** Where warnings go. Default: process warnings. */
  readonly warn?: Warn;
  /** The actor to run under; it must outlive the breaker. Default: an actor system of its own. */
  readonly parent?: AnyActorRef;
  /** Sees the actor's events; without a `parent` only, whose system has an inspector of its own. */
  readonly inspect?: (event: InspectionEvent) => void;
}

/** What {@link CircuitBreaker.admit} returns for a Command that must not go out. */
export const NOT_ADMITTED = 0;

type TrialEnding = 'trial.succeeded' | 'trial.failed' | 'trial.neutral';

const PUBLIC_STATES = { closed: 'closed', open: 'open', halfOpen: 'half-open', stopped: 'open' } as const;

/**
 * Keeps Commands away from a service that fails. Made by {@link createCircuitBreaker}; `circuitBreakerHooks` puts it
 * in front of every send.
 *
 * Who sends asks `admit()` first, and hands the token that it got to exactly one of `succeed`, `fail` and `neutral`. A
 * token of an earlier state (or from before a `reset()`) counts for nothing: what a late outcome tells is no news. A trial
 * that takes longer than `openDurationMs` may be replaced by another one; then only its success counts.
 */
export class CircuitBreaker {
  static {
    markClass(CircuitBreaker, breakerBrand);
  }

  /** @internal What the user says of an error, in the context in which the breaker was made. */
  readonly countsAsFailure: CountsAsFailure | undefined;
  readonly #options: ResolvedCircuitBreakerOptions;
  readonly #clock: Clock;
  readonly #warn: Warn;
  readonly #window: FailureWindow;
  readonly #changes: StateChanges;
  readonly #actor: Actor<typeof circuitBreakerMachine>;
  /** Where callbacks run: not in the context of whichever send an outcome is of. */
  readonly #maker = new AsyncContext();
  /** The state that was noted last: what the next change is a change from. */
  #notedState: CircuitBreakerState = 'closed';
  #openedAtMs = 0;

  /** @internal For {@link createCircuitBreaker}, and senders. */
  constructor(options: ResolvedCircuitBreakerOptions, environment: CircuitBreakerEnvironment = {}) {
    const { clock = systemClock, defer = deferToEndOfTurn, warn = processWarning, parent, inspect } = environment;
    const { countsAsFailure } = options;
    this.countsAsFailure = countsAsFailure === undefined ? undefined : inContextOfNow(countsAsFailure);
    this.#options = options;
    this.#clock = clock;
    this.#warn = warn;
    this.#window = new FailureWindow(options.windowSize);
    this.#changes = new StateChanges(warn);
    if (options.onStateChange !== undefined) this.#changes.subscribe(options.onStateChange);
    const machine = circuitBreakerMachine.provide({
      actions: { clearFailureWindow: () => this.#window.reset() },
    });
    this.#actor = createActor(machine, {
      id: 'circuit breaker',
      input: { openDurationMs: options.openDurationMs, successThreshold: options.successThreshold },
      // Nobody waits for the end of its being open: the process may end before.
      clock: unrefedClock(clock),
      ...(parent === undefined ? undefined : { parent }),
      ...(inspect === undefined ? undefined : { inspect }),
    });
    const deliver = () => this.#changes.deliver();
    this.#actor.subscribe((snapshot) => {
      if (this.#noteChange(snapshot)) defer(deliver);
    });
    this.#actor.start();
  }

  /** What it does with Commands now; readable at any time, in callbacks as well. Once stopped: `open`. */
  get state(): CircuitBreakerState {
    return PUBLIC_STATES[this.#actor.getSnapshot().value];
  }

  /** How long it stays open from now on, in milliseconds; 0 when it is not open. */
  get openForMs(): number {
    if (this.#actor.getSnapshot().value !== 'open') return 0;
    // At least 1 while open: the timer may come a little after its time.
    return Math.max(1, Math.ceil(this.#openedAtMs + this.#options.openDurationMs - this.#clock.monotonicMs()));
  }

  /**
   * Asks whether a Command may go out. Returns a token, to be handed to exactly one of `succeed`, `fail` and `neutral`,
   * or 0: then nothing may be sent, and there is nothing to hand back.
   */
  admit(): number {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.value === 'closed') return snapshot.context.generation;
    if (snapshot.value !== 'halfOpen') return NOT_ADMITTED;
    const event: CircuitBreakerEvent = { type: 'trial.started', nowMs: this.#clock.monotonicMs() };
    if (!snapshot.can(event)) return NOT_ADMITTED;
    this.#actor.send(event);
    return this.#actor.getSnapshot().context.lastToken;
  }

  /** Why a Command is not admitted now and when to try again, for the message of an error. */
  describeRefusal(): string {
    switch (this.#actor.getSnapshot().value) {
      case 'stopped':
        return 'the circuit breaker is stopped';
      case 'open':
        return `the circuit breaker is open, since too many Commands failed; try again in ${this.openForMs} ms`;
      case 'closed':
        return 'the circuit breaker is closed, and admits every Command';
      case 'halfOpen':
        return 'the circuit breaker is half-open, and its trials are under way; try again when they have ended';
    }
  }

  /** The service answered. */
  succeed(token: number): void {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.value !== 'closed') {
      if (!this.#endTrial(snapshot, 'trial.succeeded', token)) return;
    } else if (token !== snapshot.context.generation) return;
    else this.#window.record(true);
    this.#tellOutcome('onSuccess', snapshot);
  }

  /**
   * The service has begun to answer, and more is to come: a trial has succeeded by that, and needs its slot no longer.
   * Returns whether it was one: then its token is used up. Otherwise the token is to be handed back at the end.
   */
  began(token: number): boolean {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.value === 'closed') return false;
    if (this.#endTrial(snapshot, 'trial.succeeded', token)) this.#tellOutcome('onSuccess', snapshot);
    return true;
  }

  /** The service is at fault: it did not answer in time, it could not be reached, it failed. */
  fail(token: number): void {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.value !== 'closed') {
      if (!this.#endTrial(snapshot, 'trial.failed', token)) return;
      // That of a trial that has lost its slot does not count.
      if (this.#actor.getSnapshot().value === 'halfOpen') return;
    } else if (token !== snapshot.context.generation) return;
    else this.#recordFailure();
    this.#tellOutcome('onFailure', snapshot);
  }

  /** The Command ended in a way that says nothing about the service: it was cancelled, it could not be encoded. */
  neutral(token: number): void {
    const snapshot = this.#actor.getSnapshot();
    if (snapshot.value !== 'closed') this.#endTrial(snapshot, 'trial.neutral', token);
  }

  /** Closes at once, with a window full of successes; Commands that are under way have no say any more. */
  reset(): void {
    if (this.#actor.getSnapshot().value === 'stopped') return;
    this.#actor.send({ type: 'breaker.reset' });
    this.#changes.deliver();
  }

  /** Calls `listener` after each change of state, in the async context of this call. Returns the function that ends it. */
  subscribe(listener: CircuitBreakerListener): () => void {
    return this.#changes.subscribe(listener);
  }

  /** @internal Shows an inspector the actor from now on, where that has a system of its own. Returns the end of it. */
  watch(watch: Watch): () => void {
    const { sessionId: rootId, system } = this.#actor;
    const snapshot = this.#actor.getSnapshot();
    watch({ type: '@xstate.actor', rootId, actorRef: this.#actor });
    watch({ type: '@xstate.snapshot', rootId, actorRef: this.#actor, event: { type: 'xstate.init' }, snapshot });
    const subscription = system.inspect(watch);
    return () => subscription.unsubscribe();
  }

  /** Ends it: no timer is left, no Command is admitted, nobody is told anything any more. Harmless when stopped. */
  stop(): void {
    this.#changes.clear();
    if (this.#actor.getSnapshot().value !== 'stopped') this.#actor.send({ type: 'breaker.stop' });
  }

  [Symbol.dispose](): void {
    this.stop();
  }

  #recordFailure(): void {
    this.#window.record(false);
    if (this.#window.failureRate >= this.#options.failureRate) this.#actor.send({ type: 'failureRate.reached' });
  }

  /** Returns whether there was a trial to end. */
  #endTrial(snapshot: Snapshot, type: TrialEnding, token: number): boolean {
    const event: CircuitBreakerEvent = { type, token, nowMs: this.#clock.monotonicMs() };
    if (!snapshot.can(event)) return false;
    this.#actor.send(event);
    return true;
  }

  /** Tells an outcome, with the state in which it counted, and after it the change of state that it led to. */
  #tellOutcome(name: 'onSuccess' | 'onFailure', { value }: Snapshot): void {
    const callback = this.#options[name];
    if (callback !== undefined) {
      callUser(this.#warn, `'${name}' of the circuit breaker`, () => this.#maker.run(callback, PUBLIC_STATES[value]));
    }
    this.#changes.deliver();
  }

  #noteChange(snapshot: Snapshot): boolean {
    const state = PUBLIC_STATES[snapshot.value];
    const previous = this.#notedState;
    if (snapshot.value === 'stopped' || state === previous) return false;
    this.#notedState = state;
    if (state === 'open') this.#openedAtMs = this.#clock.monotonicMs();
    this.#changes.note(state, previous);
    return true;
  }
}

/**
 * Whether `value` is a circuit breaker, made by this copy of the library or another. A Proxy of one cannot do its work, nor
 * can what only inherits from one: it cannot even say in which state it is.
 */
export function isCircuitBreaker(value: unknown): value is CircuitBreaker {
  if (!hasBrand(value, breakerBrand) || types.isProxy(value)) return false;
  return hasMethods(value, METHODS) && typeof fieldOf(value, 'state') === 'string';
}

const METHODS: readonly (keyof CircuitBreaker)[] = ['admit', 'succeed', 'fail', 'neutral', 'subscribe'];

/**
 * Makes a circuit breaker, closed, for one service. One breaker may stand in front of several senders; whoever made it
 * stops it (`stop()`, or `using`).
 *
 * @example
 * ```ts
 * const breaker = createCircuitBreaker({ onStateChange: (state) => console.log(`the service is ${state}`) });
 * const sender = await createSender(calc, { address: 'localhost:9000', hooks: circuitBreakerHooks(breaker) });
 * ```
 * @param environment - `clock`: where time comes from; default: the clock of the machine. Senders of a simulation or a test share
 * theirs with it.
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable.
 */
export function createCircuitBreaker(
  options: CircuitBreakerOptions = {},
  environment: { readonly clock?: Clock | undefined } = {},
): CircuitBreaker {
  optionNames('the environment of the circuit breaker', environment, ['clock']);
  return new CircuitBreaker(resolveCircuitBreakerOptions(options), { clock: clockOption('clock', environment.clock) });
}
