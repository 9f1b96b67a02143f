import { createActor, fromTransition } from 'xstate';
import { type ClientChanged, type ClientInput, type ClientLink, clientMachine } from '../../../../machines/client.ts';
import type { ConnectionLink } from '../../../../machines/connection.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

/** A connection whose every word and deed is a test's. */
export class FakeConnection implements ConnectionLink {
  readonly id: string;
  /** What was called, in order, of all connections and of their client. */
  readonly calls: string[];
  pending = 0;
  addressIsCurrent = true;
  late = false;
  inOrder = false;
  worn = false;
  urgent = false;
  renewalDueAtMs = 0;
  readMs: number;
  sentMs: number;
  /** How much longer than its timeout a Pong may take. */
  extraMs = 0;
  #answered = true;
  #pingMs = 0;
  readonly #clock: VirtualClock;
  tell: Parameters<ConnectionLink['take']>[0] = () => {};

  constructor(number: number, clock: VirtualClock, calls: string[]) {
    this.id = `connection ${number}`;
    this.#clock = clock;
    this.calls = calls;
    this.readMs = clock.monotonicMs();
    this.sentMs = this.readMs;
  }

  take(tell: Parameters<ConnectionLink['take']>[0]): () => void {
    this.#note('open');
    this.tell = tell;
    return () => {
      this.#note('dispose');
      tell({ type: 'connection.closed' });
    };
  }

  refuse(): void {
    this.#note('refuse');
  }

  sendPing(): void {
    this.#note('ping');
    this.#answered = false;
    this.#pingMs = this.#clock.monotonicMs();
    this.sentMs = this.#pingMs;
  }

  repeatPing(): void {
    this.#note('ping again');
    this.sentMs = this.#clock.monotonicMs();
  }

  /** The peer is seen to read, by a Pong or by a Result. */
  answers(): void {
    this.#answered = true;
    this.readMs = this.#clock.monotonicMs();
  }

  pongs(): void {
    this.answers();
    this.tell({ type: 'pong.received' });
  }

  sinceSentMs(): number {
    return this.#clock.monotonicMs() - this.sentMs;
  }

  unprovenMs(): number {
    return this.#clock.monotonicMs() - this.readMs;
  }

  pongDueInMs(pingTimeoutMs: number): number {
    return this.#pingMs + pingTimeoutMs + this.extraMs - this.#clock.monotonicMs();
  }

  excuseLateness(): void {
    this.#note('excuse');
  }

  hasAnswered(): boolean {
    return this.#answered;
  }

  isSettled(): boolean {
    return this.pending === 0;
  }

  awaitSettled(): void {
    this.#note('await settled');
  }

  endedInOrder(): boolean {
    return this.inOrder;
  }

  hasLate(): boolean {
    return this.late;
  }

  isWorn(): boolean {
    return this.worn;
  }

  renewalDueInMs(): number {
    return this.renewalDueAtMs - this.#clock.monotonicMs();
  }

  isRenewalUrgent(): boolean {
    return this.urgent;
  }

  isAddressCurrent(): boolean {
    return this.addressIsCurrent;
  }

  overdueError(what: string): Error {
    return new Error(`${what} overdue`);
  }

  giveUp(what: string, error: Error): void {
    this.#note(`give up: ${what}, ${error.message}`);
  }

  #note(what: string): void {
    this.calls.push(this.id === 'connection 1' ? what : `${what} ${this.id.slice('connection '.length)}`);
  }
}

/** A link whose every word and deed is a test's. */
export class FakeLink implements ClientLink {
  /** One for each call of `connect`. */
  readonly dials: { readonly signal: AbortSignal; done(): void; fail(error: Error): void }[] = [];
  /** One for each dial that is through. */
  readonly connections: FakeConnection[] = [];
  /** What was called, in order. Of the first connection by itself, of the others with their number. */
  readonly calls: string[] = [];
  dialIsCurrent = true;
  untriedAddresses = 0;
  /** Whether the newest connection is not at home, and whether it may go there. */
  away = false;
  mayGo = true;
  otherService = false;
  worthMoving = false;
  /** How long it is until its turn. */
  turnMs = Number.POSITIVE_INFINITY;
  graceMs = 0;
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  connect(signal: AbortSignal): Promise<ConnectionLink> {
    this.calls.push('connect');
    return new Promise((resolve, reject) => {
      const done = () => {
        const connection = new FakeConnection(this.connections.length + 1, this.#clock, this.calls);
        this.connections.push(connection);
        resolve(connection);
      };
      this.dials.push({ signal, done, fail: reject });
    });
  }

  isDialCurrent(): boolean {
    return this.dialIsCurrent;
  }

  isAddressCurrent(): boolean {
    return this.connection.addressIsCurrent;
  }

  isAway(): boolean {
    return this.away;
  }

  mayGoHome(): boolean {
    return this.mayGo;
  }

  isWorthMoving(): boolean {
    return this.worthMoving;
  }

  hasUntriedAddress(): boolean {
    return this.untriedAddresses-- > 0;
  }

  handshakeGraceMs(): number {
    return this.graceMs;
  }

  turnInMs(share: number): number {
    return this.turnMs * (1 + share);
  }

  isOtherService(): boolean {
    return this.otherService;
  }

  overdueError(): Error {
    return new Error('handshake overdue');
  }

  giveUpDial(): void {
    this.calls.push('give up dial');
  }

  /** The last dial. */
  get dial() {
    const dial = this.dials.at(-1);
    if (dial === undefined) throw new Error('nothing was dialled');
    return dial;
  }

  /** The last connection. */
  get connection(): FakeConnection {
    const connection = this.connections.at(-1);
    if (connection === undefined) throw new Error('nothing is connected');
    return connection;
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
        lateTimeMs: 3_000,
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
    /** What the last connection is doing. */
    get connection(): { keepalive: unknown; use: unknown } | undefined {
      const child = actor.getSnapshot().children[link.connection.id];
      const snapshot = child?.getSnapshot() as { value?: { open?: { keepalive: unknown; use: unknown } } } | undefined;
      return snapshot?.value?.open;
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
