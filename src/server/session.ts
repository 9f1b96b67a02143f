import { type Actor, type AnyActorRef, createActor } from 'xstate';
import { type SessionConnection, sessionMachine } from '../../machines/session.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { printable } from '../errors/printable.ts';
import { ERROR_RESULT_TYPE, type ErrorResult } from '../protocol/reserved.ts';
import type { FrameChannel, FrameReceiver } from '../wire/frame-channel.ts';
import { Backpressure } from './backpressure.ts';
import { RunningCommand } from './running-command.ts';
import type { ResultPort, Service } from './service.ts';

/** How long a client may take to answer the server's goodbye. */
const GOODBYE_TIMEOUT_MS = 500;

/** A frame, or what has come of one, is worth the time of its bytes, and of so many more. */
const WORK_OF_FRAME = 512;
/** After so much it is time to look whether others have waited for long enough. */
const WORK_PER_LOOK = 8 * WORK_OF_FRAME;
/**
 * So many bytes are a turn of their own where there are other connections: a socket gives up to 64 KiB at a time, and would
 * give 2 MiB before anybody else has one. Costs payloads of 1 MiB 12 to 20 % of their rate.
 */
const LARGE_PIECE = 32 * 1024;

/** A channel of frames at whose start a server can introduce itself. */
export interface ServerChannel extends FrameChannel {
  /** Sends the ServerInfo, before any frame. */
  sendServerInfo(bytes: Uint8Array): void;
}

/**
 * One accepted connection: takes Commands from its channel, has them executed, and puts their Results back. Its life is
 * `sessionMachine`; what happens for each Command goes past that, and only asks in which state it is.
 */
export class Session implements FrameReceiver, ResultPort, SessionConnection {
  readonly service: Service;
  readonly #channel: ServerChannel;
  readonly #forget: (session: Session) => void;
  readonly #actor: Actor<typeof sessionMachine>;
  readonly #backpressure: Backpressure;
  /** What has been done for this client since it was last looked whether others wait, and in which turn. */
  #work = 0;
  #turn = 0;
  /** Which delivery of the channel's is being read, and when it came (milliseconds since the Unix epoch). */
  #delivery = -1;
  #deliveredAtMs = 0;
  /** What fires when the client can no longer be reached, by the Command whose handler asked for it. */
  readonly #signals = new Map<object, AbortController>();

  /**
   * @param parent - the root of the server's actor system.
   * @param forget - called once the connection is gone.
   */
  constructor(service: Service, channel: ServerChannel, parent: AnyActorRef, forget: (session: Session) => void) {
    this.service = service;
    this.#channel = channel;
    this.#forget = forget;
    const { maxInFlightCommands, clock } = service.options;
    this.#backpressure = new Backpressure(channel, maxInFlightCommands, clock);
    this.#actor = createActor(sessionMachine, {
      parent,
      id: `session ${channel.remoteAddress}`,
      input: { connection: this, goodbyeTimeoutMs: GOODBYE_TIMEOUT_MS },
    });
  }

  get remoteAddress(): string {
    return this.#channel.remoteAddress;
  }

  /** Introduces the server and takes Commands from now on. */
  start(): void {
    this.service.turn.join();
    this.#actor.start();
    this.#actor.send({ type: 'handshake.done' });
    this.#channel.open(this);
  }

  /** Finishes what is in flight, then closes. */
  drain(): void {
    this.#actor.send({ type: 'session.drain' });
  }

  /** Closes at once. */
  close(): void {
    this.#actor.send({ type: 'session.close' });
  }

  /** Closes if nothing has arrived for too long, unless it is this side that does not read. */
  closeIdle(): void {
    const { idleTimeoutMs, clock } = this.service.options;
    if (clock.monotonicMs() - this.#backpressure.silentSinceMs < idleTimeoutMs) return;
    const error = new CmdStreamError(
      'connection-lost',
      `${this.remoteAddress} was silent for ${idleTimeoutMs} ms (option 'idleTimeoutMs')`,
    );
    this.#actor.send({ type: 'idle.elapsed', error });
  }

  /** What an inspector shows of it. */
  toJSON(): object {
    return { remoteAddress: this.remoteAddress, inFlight: this.#backpressure.inFlight };
  }

  // ---- what arrives

  frame(seq: number, type: number, payload: unknown, size: number): void {
    if (this.#actor.getSnapshot().value !== 'serving') {
      // Commands that come after the goodbye are not executed, but may be many.
      this.#letOthersTurn(size);
      return;
    }
    const { routes, options } = this.service;
    const route = routes[type];
    if (route === undefined) {
      // A client of a newer protocol: its other Commands are good.
      const message = `this server's protocol has no Command of type ${type}, only 0 to ${routes.length - 1}`;
      this.sendError(seq, { code: 'command-invalid', message });
      this.#letOthersTurn(size);
      return;
    }
    this.#backpressure.started();
    new RunningCommand(this, route, seq, this.#deliveredAt()).start(payload);
    if (this.#backpressure.inFlight >= options.maxInFlightCommands && this.isOpen) this.#backpressure.regulate();
    this.#letOthersTurn(size);
  }

  ping(): void {
    if (!this.isOpen) return;
    this.#channel.sendPing();
    this.#backpressure.sent();
    this.#letOthersTurn(1);
  }

  partial(size: number): void {
    this.#letOthersTurn(size);
  }

  drained(): void {
    this.#backpressure.drained();
  }

  lost(error: CmdStreamError | undefined): void {
    this.#actor.send({ type: 'connection.lost', error });
  }

  // ---- what Commands that are being executed need

  get isOpen(): boolean {
    const { value } = this.#actor.getSnapshot();
    return value === 'serving' || value === 'draining';
  }

  get isFull(): boolean {
    return this.isOpen && this.#channel.full;
  }

  get isOverfull(): boolean {
    return this.#channel.bufferedBytes >= 2 * this.service.options.maxBufferedBytes;
  }

  send(seq: number, type: number, value: unknown): void {
    this.#channel.send(seq, type, value);
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
      this.#actor.send({
        type: 'connection.failed',
        error: new CmdStreamError('encode-failed', message, { cause }),
      });
    }
  }

  whenRoom(goOn: () => void): void {
    this.#backpressure.whenRoom(goOn);
  }

  room(): Promise<void> | undefined {
    if (this.isFull) return new Promise((resolve) => this.whenRoom(resolve));
    const { turn } = this.service;
    return turn.isOver() ? new Promise((resolve) => turn.queue(this, resolve)) : undefined;
  }

  makeSignal(owner: object): AbortSignal {
    const controller = new AbortController();
    if (this.isOpen) this.#signals.set(owner, controller);
    else controller.abort(this.#goneError(undefined));
    return controller.signal;
  }

  settled(owner: object): void {
    if (this.#signals.size > 0) this.#signals.delete(owner);
    this.#backpressure.settled();
    if (this.#backpressure.inFlight === 0 && this.#actor.getSnapshot().value === 'draining') {
      this.#actor.send({ type: 'commands.settled' });
    }
  }

  // ---- what the machine makes happen

  introduce(): void {
    this.#channel.sendServerInfo(this.service.introduction);
  }

  isBusy(): boolean {
    return this.#backpressure.inFlight > 0;
  }

  end(): void {
    this.#channel.end();
  }

  isWriting(): boolean {
    return this.#channel.bufferedBytes > 0;
  }

  destroy(): void {
    this.#channel.destroy();
  }

  abandon(error: unknown): void {
    if (this.#signals.size > 0) {
      const reason = this.#goneError(error);
      for (const controller of this.#signals.values()) controller.abort(reason);
      this.#signals.clear();
    }
    this.#backpressure.releaseAll();
  }

  reportLost(error: unknown): void {
    const { remoteAddress } = this;
    const known = error === undefined ? undefined : CmdStreamError.from(error, 'connection-lost');
    this.service.options.onConnectionLost({ remoteAddress, error: known });
  }

  forget(): void {
    this.service.turn.leave();
    this.#forget(this);
  }

  // ---- inside

  /** The clock is looked at once for all Commands that arrived together. */
  #deliveredAt(): number {
    if (this.#delivery !== this.#channel.deliveries) {
      this.#delivery = this.#channel.deliveries;
      this.#deliveredAtMs = this.service.options.clock.now();
    }
    return this.#deliveredAtMs;
  }

  /** A client that sends without a pause is read by the slice: a socket alone gives megabytes before others have a turn. */
  #letOthersTurn(size: number): void {
    const { turn } = this.service;
    if (turn.number !== this.#turn) {
      this.#turn = turn.number;
      this.#work = 0;
    }
    this.#work += WORK_OF_FRAME + size;
    if (this.#work < WORK_PER_LOOK) return;
    this.#work = 0;
    const isOver = turn.isOver() || (size >= LARGE_PIECE && turn.isShared);
    if (!isOver || !this.isOpen) return;
    this.#backpressure.hold();
    // Not as the owner of its handlers' Results: its Commands would wait behind all of those.
    turn.queue(this.#channel, this.#release);
  }

  readonly #release = (): void => this.#backpressure.release();

  #goneError(error: unknown): CmdStreamError {
    if (error !== undefined) return CmdStreamError.from(error, 'connection-lost');
    return new CmdStreamError('closed', `the connection to ${this.remoteAddress} is closed`);
  }
}
