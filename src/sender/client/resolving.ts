import { type Actor, type AnyActorRef, createActor, waitFor } from 'xstate';
import { type AddressesLink, addressesMachine } from '../../../machines/addresses.ts';
import { runOutside } from '../../base/async-context.ts';
import { type Clock, LATE_MS } from '../../base/clock.ts';
import { CmdStreamError, describeError } from '../../base/errors/cmd-stream-error.ts';
import { show } from '../../base/options/check.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { Places } from './places.ts';
import { QuestionPace } from './question-pace.ts';

/** Finds out where the service is: gives an address like `10.0.0.7:9000`, or several of them. */
export type AddressResolver = () => string | readonly string[] | Promise<string | readonly string[]>;

/** Parts that asking a resolver takes. */
export interface ResolvingOptions {
  /** How often a resolver is asked although nothing failed; Infinity: never. */
  readonly refreshMs: number;
  /** A resolver that has not answered after so long has failed. */
  readonly timeoutMs: number;
  /** With a `parent`, timers come from the clock of the parent's actor system. */
  readonly clock: Clock;
  readonly warnings: Warnings;
  /** The addresses are others than before. */
  readonly changed: () => void;
  /** Throws for an address that cannot be one. */
  readonly check: (address: string) => void;
  /** Parent of the actor. Default: none. */
  readonly parent?: AnyActorRef;
}

/** Asks the resolver of an address book for its addresses: the life of that is the addresses machine's. */
export class Resolving implements AddressesLink {
  readonly #options: ResolvingOptions;
  readonly #resolver: AddressResolver | undefined;
  readonly #places: Places;
  readonly #pace = new QuestionPace();
  readonly #actor: Actor<typeof addressesMachine>;

  /**
   * @param places - where the answers go.
   * @param resolver - who is asked; nobody, where the places are fixed.
   */
  constructor(options: ResolvingOptions, places: Places, resolver: AddressResolver | undefined) {
    const { refreshMs, timeoutMs, clock, parent } = options;
    this.#options = options;
    this.#places = places;
    this.#resolver = resolver;
    this.#actor = createActor(addressesMachine, {
      id: 'addresses',
      input: { link: this, isFixed: resolver === undefined, refreshMs, timeoutMs, lateMs: LATE_MS },
      ...(parent === undefined ? { clock } : { parent }),
    });
    this.#actor.on('addresses.given', ({ addresses }) => this.#use(addresses));
  }

  /** Why the last question came to nothing, if it did. */
  get error(): unknown {
    return this.#actor.getSnapshot().context.error;
  }

  /** Somebody has a reason to ask. The first one starts it. */
  refresh(): void {
    const snapshot = this.#actor.getSnapshot();
    // Whose send it is that found a connection lost is nothing to the resolver.
    if (snapshot.matches('known')) runOutside(() => this.#actor.send({ type: 'addresses.refresh' }));
    else if (snapshot.status === 'active') runOutside(() => this.#actor.start());
  }

  /** Resolves once no question is being asked. */
  async answered(): Promise<void> {
    await waitFor(this.#actor, (snapshot) => !snapshot.matches('asking'));
  }

  /** No more questions; what is still answered changes nothing. */
  stop(): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send({ type: 'addresses.stop' });
  }

  /** Plain data that an inspector shows of it. */
  toJSON(): object {
    return { known: this.#places.size };
  }

  // ---- AddressesLink

  async ask(): Promise<readonly string[]> {
    const { check } = this.#options;
    // Not now: what it throws is its answer, and what it does is not to be done in the middle of this.
    const given = await runOutside(() => Promise.resolve().then(this.#resolver));
    const answer = typeof given === 'string' ? [given] : given;
    if (!Array.isArray(answer) || answer.length === 0) {
      throw new CmdStreamError('invalid-argument', `it must give at least one address; got ${show(answer)}`);
    }
    for (const address of answer) check(address);
    return answer;
  }

  spendPause(): void {
    this.#pace.asked(this.nowMs());
  }

  pauseMs(): number {
    return this.#pace.waitMs(this.nowMs());
  }

  failed(error: unknown): void {
    this.#pace.failed();
    const left = this.#places.size === 0 ? 'no address is known' : 'the known addresses stay in use';
    const rest = () => `: ${describeError(error)}; ${left}`;
    this.#options.warnings.failed('the address resolver', rest);
  }

  overdueError(): CmdStreamError {
    const message = `it did not answer within ${this.#options.timeoutMs} ms (option 'handshakeTimeoutMs')`;
    return new CmdStreamError('handshake-timeout', message);
  }

  nowMs(): number {
    return this.#options.clock.monotonicMs();
  }

  #use(addresses: readonly string[]): void {
    const isFirst = this.#places.size === 0;
    const areOthers = this.#places.replace(addresses);
    this.#pace.answered();
    if (areOthers && !isFirst) this.#options.changed();
  }
}
