import { type Actor, type AnyActorRef, createActor } from 'xstate';
import { sessionMachine } from '../../machines/session.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { printable } from '../base/errors/printable.ts';
import { ERROR_RESULT_TYPE, type ErrorResult } from '../protocol/reserved.ts';
import type { FrameReceiver, ServerChannel } from '../wire/frame-channel.ts';
import { Abandonment } from './abandonment.ts';
import { authorization } from './admission.ts';
import { Backpressure } from './backpressure.ts';
import { Account } from './budget.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import { CommandGate, type GatedSession } from './command-gate.ts';
import { CommandTimes } from './command-times.ts';
import { Holdings, LEAST_BUFFERED_BYTES } from './holdings.ts';
import { ReadingTurn } from './reading-turn.ts';
import { Refusals } from './refusals.ts';
import { RunningCommand } from './running-command.ts';
import { SendingOrder } from './sending-order.ts';
import type { AbandonedCommand, AcceptedConnection, ResultPort, Service, SettledCommand } from './service.ts';
import { SessionLife } from './session-life.ts';
import { describeSilence } from './silence.ts';

/** How long a client may take to answer the server's goodbye. */
const GOODBYE_TIMEOUT_MS = 500;

/**
 * One accepted connection: takes Commands from its channel, has them executed, and puts their Results back. Its life is
 * `sessionMachine`, linked by a {@link SessionLife}; what happens for each Command goes past that, and only asks in which state
 * it is.
 */
export class Session implements FrameReceiver, GatedSession, ResultPort {
  readonly service: Service;
  readonly info: ConnectionInfo;
  readonly order = new SendingOrder();
  readonly #channel: ServerChannel;
  readonly #actor: Actor<typeof sessionMachine>;
  readonly #backpressure: Backpressure;
  readonly #holdings: Holdings;
  readonly #turn: ReadingTurn;
  readonly #gate: CommandGate;
  /** With less waiting to be written there is nothing to regulate. */
  readonly #watchedBytes: number;
  readonly #times: CommandTimes;
  readonly #refusals = new Refusals(this);
  /** Listeners for the moment at which the client can no longer be reached. */
  readonly #abandonment: Abandonment;

  /**
   * @param parent - the root of the server's actor system.
   * @param forget - called once the connection is gone.
   */
  constructor(service: Service, accepted: AcceptedConnection, parent: AnyActorRef, forget: (session: Session) => void) {
    const { options } = service;
    const { info, channel } = accepted;
    this.service = service;
    this.info = info;
    this.#channel = channel;
    const { maxInFlightCommands, maxInFlightBytes, maxQueuedBytes, errorResults: canRefuse, clock } = options;
    this.#holdings = new Holdings(new Account(service.budget), maxInFlightBytes);
    this.#watchedBytes = Math.min(options.maxBufferedBytes, LEAST_BUFFERED_BYTES);
    this.#times = new CommandTimes(channel, clock);
    const limits = { maxInFlightCommands, maxQueuedBytes, canRefuse };
    this.#backpressure = new Backpressure(channel, limits, this.#holdings, clock);
    this.#turn = new ReadingTurn(service.turn, this.#backpressure);
    this.#gate = new CommandGate(channel, this, this.#backpressure, this.#holdings, this.#turn);
    this.#abandonment = new Abandonment(channel.remoteAddress);
    const link = new SessionLife({
      service,
      info,
      channel,
      backpressure: this.#backpressure,
      times: this.#times,
      abandonment: this.#abandonment,
      isOpen: () => this.isOpen,
      forget: () => {
        this.#holdings.close();
        service.turn.leave();
        forget(this);
      },
    });
    this.#actor = createActor(sessionMachine, {
      parent,
      id: `session ${channel.remoteAddress}`,
      input: { link, ...authorization(options), goodbyeTimeoutMs: GOODBYE_TIMEOUT_MS },
    });
  }

  get remoteAddress(): string {
    return this.info.remoteAddress;
  }

  /** Takes Commands from now on, or once it is said that the client may come in: nothing is read before. */
  start(): void {
    this.service.turn.join();
    const isAsked = this.service.options.authorize !== undefined;
    if (isAsked) this.#channel.pause();
    this.#actor.start();
    if (!isAsked) this.#actor.send({ type: 'handshake.done' });
    this.#channel.open(this, this.#gate);
  }

  /** Finishes what is in flight, then closes. What waits to be executed is refused. */
  drain(): void {
    this.#times.turnAway();
    this.#actor.send({ type: 'session.drain' });
    this.#backpressure.takeAll();
  }

  /** Closes at once. */
  close(): void {
    this.#actor.send({ type: 'session.close' });
  }

  /** Closes if nothing has arrived for too long, or a Command takes too long to arrive; since `awakeSinceMs`. */
  closeIdle(awakeSinceMs: number): void {
    const what = describeSilence(this.service.options, this.#channel, this.#backpressure, awakeSinceMs);
    if (what === undefined) return;
    const error = new CmdStreamError('connection-lost', `${this.remoteAddress} ${what}`);
    this.#actor.send({ type: 'idle.elapsed', error });
  }

  // ---- what arrives

  frame(seq: number, type: number, payload: unknown, size: number, weight = size): void {
    if (this.#actor.getSnapshot().value !== 'serving') {
      this.#turnAway(seq, type);
      this.worked(size);
      return;
    }
    const route = this.service.routes[type];
    if (route === undefined) {
      this.#refusals.unknown(seq, type);
      this.worked(size);
      return;
    }
    this.#backpressure.started();
    const command = new RunningCommand(this, route, seq, this.#times.came());
    command.start(payload);
    // Most are answered by now, and hold nothing.
    if (!command.isAnswered) command.heldBytes = this.#holdings.commandCame(weight);
    if (this.#backpressure.isAtLimit && this.isOpen) this.#backpressure.regulate();
    this.worked(size);
  }

  ping(): void {
    if (!this.isOpen) return;
    this.#channel.sendPing();
    this.#backpressure.sent();
    this.worked(1);
  }

  partial(size: number): void {
    this.#gate.arrived();
    if (this.#backpressure.isAtLimit && this.isOpen) this.#backpressure.regulate();
    this.worked(size);
  }

  drained(): void {
    this.#holdings.writtenAre(this.#channel.flow.bufferedBytes);
    this.#backpressure.drained();
  }

  lost(error: CmdStreamError | undefined): void {
    this.#actor.send({ type: 'connection.lost', error });
  }

  // ---- what its gate tells

  worked(size: number): void {
    if (this.#turn.spend(size) && this.isOpen) this.#turn.letOthersGo();
  }

  overloaded(seq: number, type: number): void {
    if (!this.isOpen) return;
    if (this.#isDraining) this.#turnAway(seq, type);
    else this.#refusals.overloaded(seq, type, this.#backpressure.inFlight, this.#holdings.bytes);
  }

  // ---- what Commands that are being executed need

  get isOpen(): boolean {
    // Whoever is told that the client is gone asks while the machine is still on its way to the state that says so.
    if (this.#abandonment.reason !== undefined) return false;
    return this.#actor.getSnapshot().value === 'serving' || this.#isDraining;
  }

  get isFull(): boolean {
    return this.isOpen && this.#channel.flow.isFull;
  }

  get isOverfull(): boolean {
    return this.#channel.flow.bufferedBytes >= 2 * this.service.options.maxBufferedBytes;
  }

  get arrivedMs(): number {
    return this.#channel.lastReceivedMs;
  }

  send(seq: number, type: number, value: unknown): void {
    const { order } = this;
    order.isEncoding = true;
    try {
      this.#channel.send(seq, type, value);
    } finally {
      order.isEncoding = false;
    }
    const { bufferedBytes } = this.#channel.flow;
    if (bufferedBytes < this.#watchedBytes && !this.#holdings.hasWritten) return;
    this.#holdings.writtenAre(bufferedBytes);
    this.#backpressure.sent();
  }

  sendError(seq: number, error: ErrorResult): void {
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

  whenRoom(goOn: () => void): void {
    this.#backpressure.whenRoom(goOn);
  }

  room(): Promise<void> | undefined {
    if (this.isFull) return new Promise((resolve) => this.whenRoom(resolve));
    const { turn } = this.service;
    turn.look();
    return turn.isOver() ? new Promise((resolve) => turn.queue(this, resolve)) : undefined;
  }

  makeSignal(owner: object): AbortSignal {
    return this.#abandonment.makeSignal(owner, this.isOpen);
  }

  watch(command: AbandonedCommand): void {
    this.#abandonment.watch(command);
  }

  resultWaits(bytes: number): boolean {
    return this.#holdings.resultWaits(bytes);
  }

  resultWent(bytes: number): void {
    this.#holdings.resultWent(bytes);
  }

  settled(command: SettledCommand): void {
    this.#abandonment.settled(command);
    if (command.heldBytes > 0) this.#holdings.commandWent(command.heldBytes);
    this.#backpressure.settled();
    if (this.#backpressure.inFlight === 0 && this.#isDraining) this.#actor.send({ type: 'commands.settled' });
  }

  get #isDraining(): boolean {
    return this.#actor.getSnapshot().hasTag('draining');
  }

  /** A Command has come that is not executed any more: its client is told so, for as long as it can be told anything. */
  #turnAway(seq: number, type: number): void {
    this.#times.came();
    this.#refusals.shuttingDown(seq, type, this.#isDraining && this.service.options.errorResults);
  }
}
