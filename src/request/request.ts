import { type AnyActorRef, createActor } from 'xstate';
import { type RequestEvent, type RequestWork, type ResultReceived, requestMachine } from '../../machines/request.ts';
import type { Carrier, PendingCommand } from '../client/pending-command.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { Hooks, SentCommand } from '../hooks/hooks.ts';
import type { Command } from '../protocol/command.ts';
import type { CommandEntry, ResultEntry } from '../protocol/protocol.ts';
import { callUser, type Warn } from '../system/warn.ts';
import { compileMachine, type Scope } from './compile.ts';
import type { DeadlineBucket, DeadlineEntry, DeadlineQueue } from './deadline-queue.ts';

/** What requests of one sender have in common. */
export interface RequestContext {
  readonly deadlines: DeadlineQueue;
  /** How many Results may wait for a caller who takes them one by one. */
  readonly maxBufferedResults: number;
  readonly warn: Warn;
  /** With an inspector attached: the actor whose children requests are. Otherwise they run compiled. */
  readonly inspectedBy: AnyActorRef | undefined;
}

const MACHINE = compileMachine<{ work: RequestWork }, RequestEvent>(requestMachine);
const EVENT_COUNT = MACHINE.events.length;
const COMMAND_SENT = MACHINE.eventNumber('command.sent');
const RESULT_RECEIVED = MACHINE.eventNumber('result.received');
const REQUEST_FAILED = MACHINE.eventNumber('request.failed');
const DEADLINE_REACHED = MACHINE.eventNumber('deadline.reached');
const CALLER_CANCELLED = MACHINE.eventNumber('caller.cancelled');

const SENT_EVENT = { type: 'command.sent' } as const;
const DEADLINE_EVENT = { type: 'deadline.reached' } as const;

/** Guards and actions take what they need from it before anything else can happen, so that one serves all requests. */
const scope: Scope<{ work: RequestWork }, RequestEvent> = {
  context: { work: undefined as unknown as RequestWork },
  event: SENT_EVENT,
};

/** Something that happened to a request while it was taking a transition. */
interface Mail {
  readonly number: number;
  readonly event: RequestEvent;
}

/**
 * One send: an actor that walks the request machine's table, the deadline that it carries, and what its caller is told.
 * How Results reach the caller is for the subclasses: a promise, or a stream.
 */
export abstract class Request implements RequestWork, PendingCommand, DeadlineEntry, SentCommand {
  readonly command: Command;
  seq = 0;
  size = 0;
  deadlineBucket: DeadlineBucket | undefined = undefined;
  nextInBucket: DeadlineEntry | undefined = undefined;
  previousInBucket: DeadlineEntry | undefined = undefined;

  protected readonly entry: CommandEntry;
  protected readonly context: RequestContext;
  #state = MACHINE.initial;
  #walking = false;
  #mail: Mail[] | undefined = undefined;
  readonly #inspected: AnyActorRef | undefined;
  #carrier: Carrier | undefined = undefined;
  #hooks: Hooks | undefined = undefined;
  #signal: AbortSignal | undefined = undefined;
  #onAbort: (() => void) | undefined = undefined;
  #onSettled: ((request: Request) => void) | undefined = undefined;
  #received = 0;
  #timeoutMs = Number.POSITIVE_INFINITY;

  constructor(command: Command, entry: CommandEntry, context: RequestContext) {
    this.command = command;
    this.entry = entry;
    this.context = context;
    const parent = context.inspectedBy;
    this.#inspected =
      parent === undefined
        ? undefined
        : createActor(requestMachine, { parent, id: `request ${command.name}`, input: { work: this } }).start();
  }

  get clientId(): number | undefined {
    return this.#carrier?.clientId;
  }

  /** Whether the request has come to its end. */
  get settled(): boolean {
    if (this.#inspected !== undefined) return this.#inspected.getSnapshot().status !== 'active';
    return MACHINE.isFinal[this.#state] === true;
  }

  /** Sets the deadline, `timeoutMs` from now; it covers everything that follows. */
  setTimeout(timeoutMs: number): void {
    this.#timeoutMs = timeoutMs;
    this.context.deadlines.arm(this, timeoutMs);
  }

  /** Lets `signal` cancel the request from now on. */
  cancelBy(signal: AbortSignal): void {
    this.#signal = signal;
    this.#onAbort = () => this.cancelled(signal.reason);
    signal.addEventListener('abort', this.#onAbort);
  }

  /** Who watches what happens, from now on. */
  watchedBy(hooks: Hooks | undefined): void {
    this.#hooks = hooks;
  }

  /** Calls `listener` when the request settles; for a request that waits in a line and must leave it. */
  whenSettled(listener: (request: Request) => void): void {
    this.#onSettled = listener;
  }

  // ---- what happens to it

  sent(carrier: Carrier, seq: number, size: number): void {
    this.#carrier = carrier;
    this.seq = seq;
    this.size = size;
    this.#dispatch(COMMAND_SENT, SENT_EVENT);
  }

  result(entry: ResultEntry, value: unknown, size: number, lastOne: boolean): void {
    if (!this.entry.resultTypes.includes(entry.type)) {
      const message = `${this.command.name} was answered by a ${entry.name}, which its protocol does not declare for it`;
      this.failed(new CmdStreamError('result-invalid', message, { mayHaveExecuted: true }));
      return;
    }
    const last = this.isLast(lastOne, this.#received + 1);
    this.#dispatch(RESULT_RECEIVED, { type: 'result.received', resultType: entry.name, value, size, last });
  }

  failed(error: CmdStreamError): void {
    this.#dispatch(REQUEST_FAILED, { type: 'request.failed', error });
  }

  deadlineReached(): void {
    this.#dispatch(DEADLINE_REACHED, DEADLINE_EVENT);
  }

  /** The caller lost interest, for `reason`. */
  cancelled(reason: unknown): void {
    const error = new CmdStreamError('cancelled', `${this.#where()} was cancelled by its caller`, {
      cause: reason,
      mayHaveExecuted: this.seq > 0,
    });
    this.#dispatch(CALLER_CANCELLED, { type: 'caller.cancelled', error });
  }

  #dispatch(number: number, event: RequestEvent): void {
    if (this.#inspected !== undefined) this.#inspected.send(event);
    else if (this.#walking) this.#defer(number, event);
    else this.#walk(number, event);
  }

  /** What an action causes comes after the transition that it belongs to, as with an XState actor. */
  #defer(number: number, event: RequestEvent): void {
    this.#mail ??= [];
    this.#mail.push({ number, event });
  }

  #walk(number: number, event: RequestEvent): void {
    const transitions = MACHINE.table[this.#state * EVENT_COUNT + number];
    if (transitions === undefined) return;
    this.#walking = true;
    for (let index = 0; index < transitions.length; index++) {
      const { guard, actions, target } = transitions[index] as (typeof transitions)[number];
      scope.context.work = this;
      scope.event = event;
      if (guard !== undefined && !guard(scope)) continue;
      for (let step = 0; step < actions.length; step++) {
        scope.context.work = this;
        scope.event = event;
        actions[step]?.(scope);
      }
      this.#state = target;
      break;
    }
    this.#walking = false;
    if (this.#mail !== undefined) this.#readMail();
  }

  #readMail(): void {
    const mail = this.#mail as Mail[];
    this.#mail = undefined;
    for (const { number, event } of mail) this.#dispatch(number, event);
  }

  // ---- RequestWork: what the machine makes it do

  isFull(): boolean {
    return false;
  }

  deliver(event: RequestEvent): void {
    const { value, resultType, size, last } = event as ResultReceived;
    this.#received++;
    this.take(this.entry.tagged ? { type: resultType, value } : value);
    const hooks = this.#hooks;
    if (hooks?.onResult === undefined) return;
    const result = { seq: this.#received, type: resultType, value, size, last };
    callUser(this.context.warn, 'the hook onResult', () => hooks.onResult?.(this, result));
  }

  release(): void {
    if (this.deadlineBucket !== undefined) this.context.deadlines.disarm(this);
    if (this.#onAbort !== undefined) this.#signal?.removeEventListener('abort', this.#onAbort);
    this.#carrier?.forget(this.seq);
    this.#onSettled?.(this);
    this.#onSettled = undefined;
  }

  succeed(): void {
    this.complete();
  }

  fail(event: RequestEvent): void {
    const error = event.type === 'request.failed' ? CmdStreamError.from(event.error) : this.#overflow();
    this.abort(error);
    this.#tellHook('onError', error);
  }

  timeOut(): void {
    const error = new CmdStreamError('timeout', `${this.#where()} was not answered by its deadline${this.#after()}`, {
      mayHaveExecuted: this.seq > 0,
    });
    this.abort(error);
    this.#tellHook('onTimeout', error);
  }

  cancel(event: RequestEvent): void {
    const error = CmdStreamError.from((event as { error?: unknown }).error);
    this.abort(error);
    this.#tellHook('onCancel', error);
  }

  // ---- for the subclasses

  /** Whether the Result that has just arrived, the `count`th, is the last one that the caller waits for. */
  protected abstract isLast(lastOne: boolean, count: number): boolean;
  /** Takes a Result for the caller. */
  protected abstract take(value: unknown): void;
  /** The last Result has been taken. */
  protected abstract complete(): void;
  /** There will be no (more) Results, for `error`. */
  protected abstract abort(error: CmdStreamError): void;

  #tellHook(name: 'onError' | 'onTimeout' | 'onCancel', error: CmdStreamError): void {
    const hooks = this.#hooks;
    if (hooks?.[name] === undefined) return;
    callUser(this.context.warn, `the hook ${name}`, () => hooks[name]?.(this, error));
  }

  #overflow(): CmdStreamError {
    const { maxBufferedResults } = this.context;
    const message = `${this.#where()}: ${maxBufferedResults} Results wait for their consumer (option 'maxBufferedResults')`;
    return new CmdStreamError('result-overflow', message, { mayHaveExecuted: true });
  }

  #where(): string {
    const carrier = this.#carrier;
    return carrier === undefined ? this.command.name : `${this.command.name} at ${carrier.address}`;
  }

  #after(): string {
    const waited = Number.isFinite(this.#timeoutMs) ? ` (after ${Math.max(0, Math.round(this.#timeoutMs))} ms)` : '';
    return this.seq === 0 ? `${waited}; it was not sent` : waited;
  }
}
