import { type Actor, type AnyActorRef, createActor } from 'xstate';
import { sessionMachine } from '../../machines/session.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { printable } from '../base/errors/printable.ts';
import { ERROR_RESULT_TYPE, type ErrorResult, RESERVED_TYPES } from '../protocol/reserved.ts';
import type { ControlFrame } from '../wire/extension/control-frame.ts';
import type { ReceivedHead } from '../wire/extension/head.ts';
import type { FrameReceiver, ServerChannel } from '../wire/frame-channel.ts';
import { authorization } from './admission.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import type { CommandCredit } from './command-credit.ts';
import { CommandGate, type GatedSession } from './command-gate.ts';
import { CommandTimes } from './command-times.ts';
import { ConnectionAge } from './connection-age.ts';
import { Conversation } from './conversation.ts';
import { ReadingTurn } from './reading-turn.ts';
import { Refusals } from './refusals.ts';
import { RunningCommand } from './running-command.ts';
import type { AcceptedConnection, Service, SettledCommand } from './service.ts';
import { SessionLife } from './session-life.ts';
import { SessionPort } from './session-port.ts';
import { describeSilence } from './silence.ts';

/** How long a client may take to answer the server's goodbye. */
const GOODBYE_TIMEOUT_MS = 500;

/**
 * One accepted connection: takes Commands from its channel, has them executed, and puts their Results back. Its life is
 * `sessionMachine`, linked by a {@link SessionLife}; what happens for each Command goes past that, and only asks in which state
 * it is.
 */
export class Session extends SessionPort implements FrameReceiver, GatedSession {
  readonly #actor: Actor<typeof sessionMachine>;
  readonly #turn: ReadingTurn;
  readonly #gate: CommandGate;
  readonly #times: CommandTimes;
  readonly #refusals = new Refusals(this);
  readonly #talk: Conversation;
  /** What its channel wants to know of Commands that are answered; most want nothing. */
  readonly #tellSettled: ServerChannel['settled'];
  /** What came before it was known whether the client may come in. */
  #early: (() => void) | undefined;

  /**
   * @param parent - the root of the server's actor system.
   * @param forget - called once the connection is gone.
   */
  constructor(service: Service, accepted: AcceptedConnection, parent: AnyActorRef, forget: (session: Session) => void) {
    const { options } = service;
    const { info, channel } = accepted;
    super(service, channel);
    this.#tellSettled = channel.settled;
    this.#times = new CommandTimes(channel, options.clock);
    this.#talk = new Conversation(info, service.deadlines);
    this.#turn = new ReadingTurn(service.turn, this.backpressure);
    this.#gate = new CommandGate(channel, this, this.backpressure, this.holdings, this.#turn);
    const link = new SessionLife({
      service,
      talk: this.#talk,
      channel,
      backpressure: this.backpressure,
      times: this.#times,
      abandonment: this.abandonment,
      age: ConnectionAge.of(service, () => this.drain('age.elapsed')),
      isOpen: () => this.isOpen,
      hearEarly: () => this.#hearEarly(),
      forget: () => {
        this.#talk.end();
        this.holdings.close();
        service.turn.leave();
        forget(this);
      },
    });
    this.#actor = createActor(sessionMachine, {
      parent,
      id: `session ${channel.remoteAddress}`,
      input: {
        link,
        ...authorization(options),
        goodbyeTimeoutMs: GOODBYE_TIMEOUT_MS,
        ageGraceMs: options.maxConnectionAgeGraceMs,
      },
    });
  }

  /** Info on the connection and its client. */
  override get info(): ConnectionInfo {
    return this.#talk.info;
  }

  /** How many Commands are being executed. */
  get inFlight(): number {
    return this.backpressure.inFlight;
  }

  get remoteAddress(): string {
    return this.info.remoteAddress;
  }

  /** Takes Commands from now on, or once it is said that the client may come in: nothing is read before. */
  start(): void {
    this.service.turn.join();
    const isAsked = this.service.options.authorize !== undefined;
    this.#actor.start();
    if (!isAsked) this.#actor.send({ type: 'handshake.done' });
    this.channel.open(this, this.#gate);
  }

  /** Finishes what is in flight, then closes. What waits to be executed is refused. */
  drain(type: 'session.drain' | 'age.elapsed' = 'session.drain'): void {
    this.#times.turnAway();
    this.#actor.send({ type });
    this.backpressure.takeAll();
  }

  /** Lets no more Commands come, where its channel can do that; resolves when all are here. */
  leave(): Promise<void> | undefined {
    return this.channel.leave?.();
  }

  /** Closes at once. */
  close(): void {
    this.#actor.send({ type: 'session.close' });
  }

  /** Closes if nothing has arrived for too long, or a Command takes too long to arrive; since `awakeSinceMs`. */
  closeIdle(awakeSinceMs: number): void {
    const what = describeSilence(this.service.options, this.channel, this.backpressure, awakeSinceMs);
    if (what === undefined) return;
    const error = new CmdStreamError('connection-lost', `${this.remoteAddress} ${what}`);
    this.#actor.send({ type: 'idle.elapsed', error });
  }

  // ---- what arrives

  frame(seq: number, type: number, payload: unknown, size: number, weight = size): void {
    if (!this.#isServing) {
      this.#comeEarlyOrLate(seq, type, payload, size, weight);
      this.worked(size);
      return;
    }
    // One that is too long has not waited with the others.
    const receivedAt = this.#times.came(weight > 0);
    const route = this.service.routes[type];
    const talk = this.#talk;
    const head = talk.takeHead(seq);
    if (route === undefined) {
      this.#refusals.unknown(seq, type, head);
      this.worked(size);
      return;
    }
    const leftMs = talk.timeOf(head) - this.#times.waitedMs;
    talk.lastSeq = seq;
    const isCancelled = talk.wasCancelled(seq);
    if (isCancelled || leftMs <= 0) {
      this.#skip(seq, type, head, isCancelled);
      this.worked(size);
      return;
    }
    this.backpressure.started();
    const command = new RunningCommand(this, route, seq, receivedAt, leftMs, head);
    command.start(payload);
    // Most are answered by now, and hold nothing.
    if (!command.isAnswered) {
      command.heldBytes = this.holdings.commandCame(weight);
      talk.started(command, leftMs, this.#times.nowMs);
    }
    if (this.backpressure.isAtLimit && this.isOpen) this.backpressure.regulate();
    this.worked(size);
  }

  control(frame: ControlFrame): void {
    const hadBegun = this.#talk.hasBegun;
    this.#talk.hear(frame, this.channel.heldBytes);
    if (!hadBegun) this.#actor.send({ type: 'client.greeted' });
    this.worked(frame.size);
  }

  ping(): void {
    if (this.#isListening) this.#keep(() => this.ping());
    if (!this.isOpen) return;
    this.channel.sendPing();
    this.backpressure.sent();
    this.worked(1);
  }

  partial(size: number): void {
    this.#gate.arrived();
    if (this.backpressure.isAtLimit && this.isOpen) this.backpressure.regulate();
    this.worked(size);
  }

  drained(): void {
    this.holdings.writtenAre(this.channel.flow.bufferedBytes);
    this.backpressure.drained();
  }

  lost(error: CmdStreamError | undefined): void {
    this.#actor.send({ type: 'connection.lost', error });
  }

  // ---- what its gate tells

  held(): void {
    this.#times.held();
  }

  worked(size: number): void {
    if (this.#turn.spend(size) && this.isOpen) this.#turn.letOthersGo();
  }

  overloaded(seq: number, type: number): void {
    if (!this.isOpen) return;
    if (this.#isDraining) this.#turnAway(seq, type);
    else
      this.#refusals.overloaded(seq, type, this.#talk.takeHead(seq), this.backpressure.inFlight, this.holdings.bytes);
  }

  // ---- what Commands that are being executed need

  override get isOpen(): boolean {
    // Whoever is told that the client is gone asks while the machine is still on its way to the state that says so.
    if (this.abandonment.reason !== undefined) return false;
    return this.#isServing || this.#isDraining;
  }

  override makeCredit(seq: number): CommandCredit | undefined {
    return this.#talk.makeCredit(this.channel.creditOf?.(seq));
  }

  override sendError(seq: number, error: ErrorResult): void {
    if (!this.service.options.errorResults) {
      this.#actor.send({ type: 'command.failed', error: new CmdStreamError(error.code, printable(error.message)) });
      return;
    }
    try {
      this.send(seq, ERROR_RESULT_TYPE, error);
    } catch (cause) {
      const message = `${this.remoteAddress} could not be told of an error: ${printable(error.message)}`;
      const failure = new CmdStreamError('encode-failed', message, { cause });
      this.#actor.send({ type: 'connection.failed', error: failure });
    }
  }

  override succeeded(command: SettledCommand): void {
    if (this.#talk.tellsEnds) this.ended(command);
    else this.settled(command);
  }

  override ended(command: SettledCommand): void {
    if (this.isOpen) this.channel.sendControl(command.seq, RESERVED_TYPES.ended);
    this.settled(command);
  }

  override settled(command: SettledCommand): void {
    this.#talk.settled(command.seq);
    if (this.#tellSettled !== undefined) this.#tellSettled(command.seq);
    this.abandonment.settled(command);
    if (command.heldBytes > 0) this.holdings.commandWent(command.heldBytes);
    this.backpressure.settled();
    if (this.backpressure.inFlight === 0 && this.#isDraining) this.#actor.send({ type: 'commands.settled' });
  }

  get #isDraining(): boolean {
    return this.#actor.getSnapshot().hasTag('draining');
  }

  /** Commands are executed. A question for each of them: the state is looked at, not matched. */
  get #isServing(): boolean {
    const { value } = this.#actor.getSnapshot();
    return typeof value === 'object' && 'serving' in value;
  }

  /** Whether the client is to say who it is before it may come in. */
  get #isListening(): boolean {
    return this.#actor.getSnapshot().value === 'listening';
  }

  /** What comes before it is known whether the client may come in waits for that; what comes too late is turned away. */
  #comeEarlyOrLate(seq: number, type: number, payload: unknown, size: number, weight: number): void {
    if (this.#isListening) this.#keep(() => this.frame(seq, type, payload, size, weight));
    else this.#turnAway(seq, type);
  }

  /** One at most: nothing more is read until it is heard. */
  #keep(hear: () => void): void {
    this.#early = hear;
    this.#actor.send({ type: 'client.spoke' });
  }

  #hearEarly(): void {
    const hear = this.#early;
    this.#early = undefined;
    hear?.();
  }

  /** A Command whose time is over, or that nobody waits for any more, is not executed. */
  #skip(seq: number, type: number, head: ReceivedHead, isCancelled: boolean): void {
    if (!isCancelled) {
      this.#refusals.expired(seq, type, head);
      return;
    }
    this.channel.sendControl(seq, RESERVED_TYPES.ended);
    this.#refusals.cancelled(seq, type, head);
  }

  /** A Command has come that is not executed any more: its client is told so, for as long as it can be told anything. */
  #turnAway(seq: number, type: number): void {
    this.#times.came();
    // A client that has been told goodbye knows already.
    const isTold = this.#isDraining && this.service.options.errorResults && !this.#talk.hasBegun;
    this.#refusals.shuttingDown(seq, type, this.#talk.takeHead(seq), isTold);
  }
}
