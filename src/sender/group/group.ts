import { type Actor, type AnyActorRef, createActor } from 'xstate';
import type { ClientTimings } from '../../../machines/client.ts';
import { type GroupEvent, groupMachine } from '../../../machines/group.ts';
import type { Clock } from '../../base/clock.ts';
import { type CmdStreamError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import { type DrainOptions, resolveDrainOptions } from '../../base/options/drain-options.ts';
import type { Random } from '../../base/random.ts';
import { paced, RefusalPace } from '../../base/refusal-pace.ts';
import type { Warnings } from '../../base/warnings.ts';
import { whenSocketsAreClosed } from '../../wire/transport/open-sockets.ts';
import type { AddressBook } from '../client/address-book.ts';
import { Client, type ClientContext } from '../client/client.ts';
import type { PendingCommand } from '../client/pending-command.ts';
import { type DispatchStrategy, pickFrom } from './dispatch.ts';
import { Hope } from './hope.ts';
import { type DispatchRefusal, refusedBy } from './refusal.ts';
import type { ClientStatus, GroupState, GroupStatus } from './status.ts';
import { StatusWatch } from './status-watch.ts';

/** Parts of a {@link Group}. */
export interface GroupOptions {
  /** The name of the sender. */
  readonly name: string | undefined;
  readonly clients: number;
  readonly timings: ClientTimings;
  readonly reconnect: boolean;
  readonly dispatch: DispatchStrategy;
  readonly client: Omit<ClientContext, 'events' | 'stableMs' | 'clients' | 'isServed'>;
  readonly addresses: AddressBook;
  readonly onUnexpectedResult: ClientContext['events']['unexpected'];
  readonly clock: Clock;
  readonly random: Random;
  readonly warnings: Warnings;
  /** The actor that the group's runs under. */
  readonly parent: AnyActorRef;
}

/**
 * The clients of one service, as one. Commands go to a client that is ready; the group's life is the group machine's.
 * Those who write a sender of their own have a {@link ClientGroup} in front of it.
 */
export class Group {
  /** Resolves when the group is closed, by `close` or because none of its clients can go on. Never rejects. */
  readonly done: Promise<void>;
  readonly hope = new Hope();
  readonly #options: GroupOptions;
  readonly #clients: readonly Client[];
  readonly #actor: Actor<typeof groupMachine>;
  readonly #roomListeners = new Set<() => void>();
  /** The clients that take Commands now; replaced, never changed, so that a strategy may hold on to it. */
  #ready: readonly Client[] = Object.freeze([]);
  /** Whether a Command is being given to a client, which calls code of the user's. */
  #dispatching = false;
  /** Whether room is to be told of once that is over. */
  #roomUntold = false;

  constructor(options: GroupOptions) {
    this.#options = options;
    const context: ClientContext = {
      ...options.client,
      stableMs: options.timings.backoffResetMs,
      clients: options.clients,
      isServed: () => this.#ready.length > 0,
      events: {
        accepting: (client) => {
          this.#ready = Object.freeze([...this.#ready, client].sort((a, b) => a.id - b.id));
          this.#tellRoom();
        },
        refusing: (client) => {
          this.#ready = Object.freeze(this.#ready.filter((other) => other !== client));
        },
        room: () => this.#tellRoom(),
        unexpected: options.onUnexpectedResult,
      },
    };
    this.#clients = Array.from({ length: options.clients }, (_, id) => new Client(id, context));
    const { timings, reconnect, random } = options;
    this.#actor = createActor(groupMachine, {
      id: 'group',
      parent: options.parent,
      input: {
        clients: this.#clients.map((client) => ({ id: client.id, link: client, timings, reconnect, random })),
        nameOf: (id) => nameOf(id, options.addresses.homeOf(id)),
      },
    });
    options.addresses.onChange(() => this.#tell({ type: 'addresses.changed' }));
    this.#actor.subscribe(({ context: { phases } }) => this.hope.look(phases));
    this.done = new Promise<void>((resolve) => this.onClosed(resolve)).then(whenSocketsAreClosed);
  }

  /** Starts connecting. */
  start(): void {
    this.#options.addresses.refresh();
    this.#actor.start();
  }

  /** How many clients the group has, ready or not. */
  get size(): number {
    return this.#clients.length;
  }

  /** How many Commands wait for Results. */
  get pending(): number {
    return this.#clients.reduce((sum, { pending }) => sum + pending, 0);
  }

  /** Bytes that wait to be written. */
  get bufferedBytes(): number {
    return this.#clients.reduce((sum, { bufferedBytes }) => sum + bufferedBytes, 0);
  }

  /** The state of the group as a whole. */
  get state(): GroupState {
    return this.#actor.getSnapshot().value;
  }

  /** The states of the group and of its clients. */
  get status(): GroupStatus {
    const { value, context } = this.#actor.getSnapshot();
    const clients = context.clients.map((client, id): ClientStatus => {
      const { attempt, delayMs } = client.getSnapshot().context;
      // State and error as the group knows them: of a client's end it hears a moment after the client has forgotten why.
      const state = context.phases[id] ?? 'connecting';
      const address = this.#clients[id]?.address ?? '';
      return { type: 'client', id, state, address, attempt, delayMs, error: context.errors[id] };
    });
    const ready = clients.filter(({ state }) => state === 'ready').length;
    const { name } = this.#options;
    return { type: 'group', name, state: value, ready, size: this.size, clients, error: context.error };
  }

  /** The Command with sequence number `seq` of client `clientId`, where it waits for Results. */
  pendingAt(seq: number, clientId: number): PendingCommand | undefined {
    return this.#clients[clientId]?.pendingAt(seq);
  }

  /** Waits no more for the Results of a Command; they go to `onUnexpectedResult`. Returns whether it was pending. */
  forget(seq: number, clientId: number): boolean {
    return this.#clients[clientId]?.forget(seq) ?? false;
  }

  /** Closes all clients at once: what is pending fails with `closed`. Resolves when nothing is left. */
  close(): Promise<void> {
    const over = this.#isOver();
    this.#tell({ type: 'group.close' });
    return over ?? this.done;
  }

  /**
   * Takes no more Commands, and closes once all Results are there, at the latest after its time, by default `drainTimeoutMs`.
   * Where it is called several times, the earliest limit counts. Rejects with CmdStreamError `invalid-argument`.
   */
  drain(options: DrainOptions | undefined, drainTimeoutMs: number): Promise<void> {
    return paced(this.#options.clock, this.#drain(options, drainTimeoutMs));
  }

  async #drain(options: DrainOptions | undefined, drainTimeoutMs: number): Promise<void> {
    const timeoutMs = resolveDrainOptions('drain', options, drainTimeoutMs);
    const over = this.#isOver();
    this.#tell(timeoutMs === 0 ? { type: 'group.close' } : { type: 'group.drain', timeoutMs });
    return over ?? this.done;
  }

  /** Where it is closed already: when its caller is to be told so. */
  #isOver(): Promise<void> | undefined {
    return this.state === 'closed' ? RefusalPace.of(this.#options.clock).next() : undefined;
  }

  /** Tells of each change: of a client its status, of the group as a whole the group's. */
  onChange(listener: (change: GroupStatus | ClientStatus) => void): () => void {
    const watch = new StatusWatch(
      () => this.status,
      (change) => this.#options.warnings.callUser('a status listener', () => listener(change)),
    );
    const look = () => watch.look();
    const { clients } = this.#actor.getSnapshot().context;
    const subscriptions = [this.#actor.subscribe(look), ...clients.map((client) => client.subscribe(look))];
    return () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
    };
  }

  /** Tells whenever there may be room again for a Command that was refused. */
  onRoom(listener: () => void): void {
    this.#roomListeners.add(listener);
  }

  /** Calls `listener` once the group is closed: nothing of it is left. */
  onClosed(listener: () => void): void {
    this.#actor.subscribe({ complete: listener });
  }

  /** Whether it takes no more Commands, for good. */
  get isClosing(): boolean {
    const { state } = this;
    return state === 'draining' || state === 'closing' || state === 'closed';
  }

  /** Whether a Command is being given to a client at this moment: what asks is code of the user's. */
  get isDispatching(): boolean {
    return this.#dispatching;
  }

  /** Has room told of once the dispatch that is under way is over. */
  tellRoomAfterDispatch(): void {
    this.#roomUntold = true;
  }

  /**
   * Gives a Command to a client (as bytes, where it has been encoded), or says why there is none that takes it.
   * One that code of the user's has ended meanwhile is not sent.
   * @throws CmdStreamError `encode-failed`, `frame-too-large`, `invalid-argument` (the strategy); nothing was sent.
   */
  dispatch(pending: PendingCommand, encoded?: Uint8Array): DispatchRefusal | undefined {
    const outer = this.#dispatching;
    this.#dispatching = true;
    try {
      return this.#give(pending, encoded);
    } finally {
      this.#dispatching = outer;
      if (this.#roomUntold && !outer) this.#tellRoom();
    }
  }

  /** After each call of code of the user's everything is looked at again: the strategy and the encoding are such calls. */
  #give(pending: PendingCommand, encoded: Uint8Array | undefined): DispatchRefusal | undefined {
    // Each round but the last has cost a client.
    for (let rounds = this.size; rounds >= 0 && this.#ready.length > 0; rounds--) {
      const ready = this.#ready;
      const picked = pickFrom(ready, this.#options.dispatch);
      if (pending.settled) return undefined;
      const isReady = ready === this.#ready || this.#ready.includes(picked);
      const client = isReady && !picked.isFull ? picked : this.#ready.find((other) => !other.isFull);
      if (client === undefined) return this.#ready.length === 0 ? 'unavailable' : 'overloaded';
      if (client.send(pending, encoded) || pending.settled) return undefined;
    }
    return 'unavailable';
  }

  /** Why a Command waits at this moment. */
  whyWaiting(): CmdStreamError {
    return this.#refusal(this.#ready.length === 0 ? 'unavailable' : 'overloaded');
  }

  /** The error of a Command that was refused. */
  refusalError(name: string, refusal: DispatchRefusal): CmdStreamError {
    return tellSubject(this.#refusal(refusal, `${name} was not sent: `), { command: name });
  }

  #refusal(refusal: DispatchRefusal, what?: string): CmdStreamError {
    return refusedBy(this.#actor.getSnapshot(), this.isClosing ? 'closed' : refusal, this.#options.name, what);
  }

  /** A group that is closed has nothing more to be told. */
  #tell(event: GroupEvent): void {
    if (this.#actor.getSnapshot().status === 'active') this.#actor.send(event);
  }

  /** Not in the middle of a dispatch: what waits would be sent from within it, and might be what is being sent. */
  #tellRoom(): void {
    this.#roomUntold = this.#dispatching;
    if (this.#dispatching) return;
    for (const listener of this.#roomListeners) listener();
  }
}

/** How a client is called in an inspector: `client 2 @ localhost:9000`, by the address that it begins with. */
function nameOf(id: number, address: string | undefined): string {
  return address === undefined ? `client ${id}` : `client ${id} @ ${address}`;
}
