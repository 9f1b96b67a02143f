import { createActor, fromTransition } from 'xstate';
import { type ClientChanged, type ClientInput, type ClientLink, clientMachine } from '../../../machines/client.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

/** A link whose every word and deed is a test's. */
export class FakeLink implements ClientLink {
  /** One for each call of `connect`. */
  readonly dials: { readonly signal: AbortSignal; done(): void; fail(error: Error): void }[] = [];
  /** What was called, in order. */
  readonly calls: string[] = [];
  pending = 0;
  addressIsCurrent = true;
  untriedAddresses = 0;
  quietSinceMs: number;
  idleSinceMs: number;
  readonly #clock: VirtualClock;
  tell: Parameters<ClientLink['open']>[0] = () => {};

  constructor(clock: VirtualClock) {
    this.#clock = clock;
    this.quietSinceMs = clock.monotonicMs();
    this.idleSinceMs = this.quietSinceMs;
  }

  connect(signal: AbortSignal): Promise<void> {
    this.calls.push('connect');
    return new Promise((resolve, reject) => this.dials.push({ signal, done: resolve, fail: reject }));
  }

  open(tell: Parameters<ClientLink['open']>[0]): () => void {
    this.calls.push('open');
    this.tell = tell;
    this.quietSinceMs = this.#clock.monotonicMs();
    this.idleSinceMs = this.quietSinceMs;
    return () => this.calls.push('dispose');
  }

  refuse(): void {
    this.calls.push('refuse');
  }

  sendPing(): void {
    this.calls.push('ping');
    this.idleSinceMs = this.#clock.monotonicMs();
  }

  idleMs(): number {
    return this.#clock.monotonicMs() - this.idleSinceMs;
  }

  quietMs(): number {
    return this.#clock.monotonicMs() - this.quietSinceMs;
  }

  isIdle(): boolean {
    return this.pending === 0;
  }

  awaitIdle(): void {
    this.calls.push('await idle');
  }

  isAddressCurrent(): boolean {
    return this.addressIsCurrent;
  }

  hasUntriedAddress(): boolean {
    return this.untriedAddresses-- > 0;
  }

  isFinal(error: unknown): boolean {
    return error instanceof Error && error.message === 'mismatch';
  }

  overdue(what: string): Error {
    return new Error(`${what} overdue`);
  }

  /** The last dial. */
  get dial() {
    const dial = this.dials.at(-1);
    if (dial === undefined) throw new Error('nothing was dialled');
    return dial;
  }
}

/** A client machine that runs on a clock and a link of the test's. */
export function startClient(input: Partial<ClientInput> = {}) {
  const clock = new VirtualClock();
  const link = new FakeLink(clock);
  const reports: Pick<ClientChanged, 'phase' | 'error'>[] = [];
  const parent = createActor(
    fromTransition((state: undefined, event: ClientChanged) => {
      reports.push({ phase: event.phase, error: event.error });
      return state;
    }, undefined),
  ).start();
  const actor = createActor(clientMachine, {
    clock,
    input: {
      id: 7,
      link,
      reconnect: true,
      random: () => 0.5,
      parent,
      ...input,
      timings: {
        handshakeTimeoutMs: 1_000,
        keepaliveTimeMs: 300,
        pingTimeoutMs: 200,
        drainTimeoutMs: 5_000,
        backoffInitialMs: 10,
        backoffMaxMs: 80,
        backoffFactor: 2,
        backoffResetMs: 400,
        ...input.timings,
      },
    },
  }).start();
  return {
    actor,
    clock,
    link,
    reports,
    get state() {
      return actor.getSnapshot().value;
    },
    get context() {
      return actor.getSnapshot().context;
    },
    /** Ends the dial that is under way, as it may. */
    async dialled(error?: Error) {
      if (error === undefined) link.dial.done();
      else link.dial.fail(error);
      await turn();
    },
  };
}

/** A client that has just connected. */
export async function readyClient(input: Partial<ClientInput> = {}) {
  const client = startClient(input);
  await client.dialled();
  return client;
}

export const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
