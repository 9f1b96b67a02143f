import type { AnyActorRef } from 'xstate';
import type { RequestEvent, RequestLink, ResultReceived } from '../../../machines/request.ts';
import type { DeadlineBucket, DeadlineEntry, DeadlineQueue } from '../../base/deadline-queue.ts';
import { CmdStreamError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import type { RefusalPace } from '../../base/refusal-pace.ts';
import type { Warnings } from '../../base/warnings.ts';
import type { Command } from '../../protocol/command.ts';
import type { CommandEntry, ResultEntry } from '../../protocol/protocol.ts';
import { type Arrival, NOTHING_ARRIVES, type Pressure, type ResultBounds, type WhenSlow } from '../client/backlog.ts';
import type { Carrier, PendingCommand, PendingHead } from '../client/pending-command.ts';
import type { StreamCredit } from '../client/stream-credit.ts';
import type { EndingHook } from '../hooks/ending-hook.ts';
import type { Hooks, SentCommand } from '../hooks/hooks.ts';
import { hearResults, tellEnding, tellResult } from '../hooks/tell.ts';
import { CallSite } from './call-site.ts';
import { cancelledError, type EndedSend, overflowError, subjectOf, timeoutError } from './endings.ts';
import type { RequestActors } from './request-actors.ts';
import { REQUEST_TABLE, type RequestTable } from './request-table.ts';
import type { Cancellable, SignalWatch } from './signal-watch.ts';
import { type WatchedContext, WatchedRequest } from './watched-request.ts';

/** The parts that requests of one sender share. */
export interface RequestContext extends WatchedContext {
  readonly deadlines: DeadlineQueue;
  readonly signals: SignalWatch;
  readonly refusals: RefusalPace;
  /** How much may wait for callers who take their Results one by one. */
  readonly bounds: ResultBounds;
  /** The treatment of streams whose callers are slow, where they do not say. */
  readonly whenSlow: WhenSlow;
  readonly warnings: Warnings;
  /** With an inspector attached: where requests get their actors from. Otherwise they run compiled. */
  readonly actors: RequestActors | undefined;
  /** Table that requests walk, where it is another than usual: one that counts. */
  readonly table?: RequestTable | undefined;
  /** Sends a request anew that a server has turned away. */
  readonly resend: (request: Request) => void;
  /** Whether errors are to say where the send was called. Default false. */
  readonly callSites?: boolean | undefined;
}

const COMMAND_SENT = REQUEST_TABLE.eventNumber('command.sent');
const COMMAND_RETURNED = REQUEST_TABLE.eventNumber('command.returned');
const RESULT_RECEIVED = REQUEST_TABLE.eventNumber('result.received');
const REQUEST_FAILED = REQUEST_TABLE.eventNumber('request.failed');
const DEADLINE_REACHED = REQUEST_TABLE.eventNumber('deadline.reached');
const CALLER_CANCELLED = REQUEST_TABLE.eventNumber('caller.cancelled');

const SENT_EVENT = { type: 'command.sent' } as const;
const RETURNED_EVENT = { type: 'command.returned' } as const;
const DEADLINE_EVENT = { type: 'deadline.reached' } as const;

/** One send: an actor of the request machine, its deadline, and what its caller is told, in ways that the subclasses know. */
export abstract class Request
  extends WatchedRequest
  implements RequestLink, PendingCommand, DeadlineEntry, Cancellable, SentCommand, EndedSend
{
  command: Command;
  seq = 0;
  size = 0;
  head: PendingHead | undefined = undefined;
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;

  protected readonly entry: CommandEntry;
  protected readonly context: RequestContext;
  readonly #inspected: AnyActorRef | undefined;
  #carrier: Carrier | undefined = undefined;
  /** Whether the carrier has it in its table. */
  #carried = false;
  #hooks: Hooks | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  #onSettled: ((request: Request) => void) | undefined = undefined;
  readonly #callSite: CallSite | undefined;
  #whyWaiting: (() => CmdStreamError) | undefined = undefined;
  /** How many Results have been delivered. */
  received = 0;
  /** Whether it waits until there is a ready client, for however long; others only while one is about to be. */
  patient = false;
  /** By what a server has turned it away, unexecuted. */
  turnedAway: CmdStreamError | undefined = undefined;
  /** Not Infinity where there is none: a field for fractions takes an object of its own. */
  #timeoutMs: number | undefined = undefined;

  constructor(command: Command, entry: CommandEntry, context: RequestContext) {
    super(context.table ?? REQUEST_TABLE);
    this.command = command;
    this.entry = entry;
    this.context = context;
    this.#callSite = context.callSites === true ? new CallSite(new.target) : undefined;
    this.#inspected = context.actors?.start(this, command.name);
  }

  get clientId(): number | undefined {
    return this.#carrier?.clientId;
  }

  get address(): string | undefined {
    return this.#carrier?.address;
  }

  get whenSlow(): WhenSlow {
    return this.context.whenSlow;
  }

  /** Whether the request has come to its end. */
  get settled(): boolean {
    return this.#inspected === undefined ? this.isFinal : this.#inspected.getSnapshot().status !== 'active';
  }

  /** Arms the deadline, `timeoutMs` after `sinceMs` (monotonic milliseconds). */
  setDeadline(timeoutMs: number, sinceMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.context.deadlines.arm(this, timeoutMs, sinceMs);
  }

  /** Lets `signal` cancel the request from now on (see {@link SignalWatch.heed}). Returns whether the request goes on. */
  cancelBy(signal: AbortSignal): boolean {
    this.#signal = signal;
    try {
      this.context.signals.heed(signal, this);
    } catch (error) {
      this.failed(CmdStreamError.from(error));
    }
    return !this.settled;
  }

  /** Has `hooks` told of what happens, from now on. */
  watchedBy(hooks: Hooks | undefined): void {
    this.#hooks = hooks;
  }

  /** Calls `listener` when the request settles; for a request that waits somewhere and must leave there. */
  whenSettled(listener: (request: Request) => void): void {
    this.#onSettled = listener;
  }

  /** Has its error, should it be given up while it waits somewhere, say why it does. */
  waitsBecause(why: () => CmdStreamError): void {
    this.#whyWaiting = why;
  }

  /** The part of it that an inspector shows: no payloads. */
  toJSON(): object {
    const { command, seq, clientId } = this;
    const state: unknown = this.#inspected?.getSnapshot().value ?? this.compiledState;
    const timeoutMs = this.#timeoutMs === undefined ? undefined : Math.max(0, Math.round(this.#timeoutMs));
    return { id: this.#inspected?.id, command: command.name, state, seq, client: clientId, timeoutMs };
  }

  // ---- what happens to it

  sent(carrier: Carrier, seq: number, size: number): void {
    this.#carrier = carrier;
    this.#carried = true;
    this.seq = seq;
    this.size = size;
    this.#happen(COMMAND_SENT, SENT_EVENT);
  }

  result(entry: ResultEntry, value: unknown, size: number, lastOne: boolean, weight = size): void {
    // After its last Result the carrier has let go of it by itself.
    if (lastOne) this.#carried = false;
    if (!this.entry.resultTypes.includes(entry.type)) {
      const what = `${this.command.name} was answered by a ${entry.name}, which its protocol does not declare for it`;
      this.failed(new CmdStreamError('result-invalid', what, { mayHaveExecuted: true }));
      return;
    }
    const last = this.isLast(lastOne, this.received + 1);
    this.#happen(RESULT_RECEIVED, { type: 'result.received', resultType: entry.name, value, size, weight, last });
  }

  returned(error: CmdStreamError): void {
    this.#happen(COMMAND_RETURNED, RETURNED_EVENT);
    if (this.settled) return;
    this.turnedAway = error;
    this.context.resend(this);
  }

  failed(error: CmdStreamError): void {
    this.#happen(REQUEST_FAILED, { type: 'request.failed', error });
  }

  /** The deadline had passed `agoMs` before. */
  expired(agoMs: number): void {
    this.#timeoutMs = -agoMs;
    this.deadlineReached();
  }

  deadlineReached(): void {
    this.#happen(DEADLINE_REACHED, DEADLINE_EVENT);
  }

  /** The caller lost interest, for `reason`. */
  cancelled(reason: unknown): void {
    this.#happen(CALLER_CANCELLED, { type: 'caller.cancelled', error: cancelledError(this, reason) });
  }

  #happen(number: number, event: RequestEvent): void {
    if (this.#inspected === undefined) this.receive(number, event);
    // XState warns of events that come too late; here they are usual.
    else if (!this.settled) this.#inspected.send(event);
  }

  // ---- CompiledActor and RequestLink: what the machine makes it do

  /** A request is the link of its own machine. */
  protected override get machineContext(): { link: RequestLink } {
    return this;
  }

  get link(): RequestLink {
    return this;
  }

  isFull(): boolean {
    return false;
  }

  deliver(event: RequestEvent): void {
    const { value, resultType: type, size, weight, last } = event as ResultReceived;
    this.received++;
    this.take(this.entry.tagged ? { type, value } : value, weight, size);
    if (this.#hooks === undefined || !hearResults(this.#hooks, this.context.warnings)) return;
    tellResult(this.#hooks, this, { seq: this.received, type, value, size, last }, this.context.warnings);
  }

  release(): void {
    if (this.deadlineBucket !== undefined) this.context.deadlines.disarm(this);
    if (this.#signal !== undefined) this.context.signals.remove(this.#signal, this);
    if (this.#carried) this.#carrier?.forget(this.seq);
    this.#onSettled?.(this);
  }

  recall(): void {
    this.#carried = false;
    this.#carrier = undefined;
    this.seq = 0;
    this.size = 0;
  }

  succeed(): void {
    this.complete();
    this.tellWatchers('success');
  }

  fail(event: RequestEvent): void {
    const given = event.type === 'request.failed' ? CmdStreamError.from(event.error) : undefined;
    this.#abort(given ?? overflowError(this, this.describeFull()), 'onError');
  }

  timeOut(): void {
    const cause = this.seq > 0 ? undefined : this.#whyWaiting?.();
    this.#abort(timeoutError(this, this.#timeoutMs ?? Number.POSITIVE_INFINITY, cause), 'onTimeout');
  }

  cancel(event: RequestEvent): void {
    if (event.type === 'caller.cancelled') this.#abort(CmdStreamError.from(event.error), 'onCancel');
  }

  // ---- for the subclasses

  /** Whether the Result that has just arrived, the `count`th, is the last one that the caller waits for. */
  protected abstract isLast(lastOne: boolean, count: number): boolean;
  /** Takes a Result for the caller; `weight` is about how many bytes it takes in memory, `size` those on the wire. */
  protected abstract take(value: unknown, weight: number, size: number): void;
  /** The last Result has been taken. */
  protected abstract complete(): void;
  /** There will be no (more) Results, for `error`. */
  protected abstract abort(error: CmdStreamError): void;

  /** Has an error say which Command and connection it is about; what turned it away is about the connection of then. */
  tellSubject(error: CmdStreamError): void {
    if (error !== this.turnedAway) tellSubject(error, subjectOf(this));
  }

  #abort(error: CmdStreamError, hook: EndingHook): void {
    this.tellSubject(error);
    this.#callSite?.addTo(error);
    this.tellPath(error, hook);
    // One that its caller cancels may still wait to be written.
    const isAtOnce = this.seq === 0 || hook === 'onCancel';
    const pause = isAtOnce ? this.context.refusals.next() : undefined;
    if (pause === undefined) this.abort(error);
    else pause.then(() => this.abort(error));
    this.tellWatchers(error);
    if (this.#hooks !== undefined) tellEnding(this.#hooks, hook, this, error, this.context.warnings);
  }

  /** Arrival of the Results that are being read, as its connection tells it. */
  protected get arrival(): Arrival {
    return this.#carrier ?? NOTHING_ARRIVES;
  }

  /** Credit of the stream, at its first Result. */
  protected openCredit(): StreamCredit | undefined {
    return this.#carried ? this.#carrier?.openCredit(this.seq, this.whenSlow) : undefined;
  }

  /** Tells the connection how much waits for the caller. */
  protected tellPressure(pressure: Pressure): void {
    if (this.#carried) this.#carrier?.pressed(this.seq, pressure);
  }

  /** Why no more Results may be kept. */
  protected describeFull(): string {
    return 'too many Results wait for their consumer';
  }
}
