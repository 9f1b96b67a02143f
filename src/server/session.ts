import { type Actor, type AnyActorRef, createActor } from 'xstate';
import { type SessionConnection, sessionMachine } from '../../machines/session.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { FrameChannel, FrameReceiver } from '../wire/frame-channel.ts';
import { RunningCommand } from './running-command.ts';
import type { ResultPort, Service } from './service.ts';

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

  /** Commands that are not answered. */
  #inFlight = 0;
  /** Whether Commands are read, or left with the network until there is room. */
  #reading = true;
  /** Whether the channel was full and has not said since that it has room. */
  #full = false;
  /** When `#reading` changed last (monotonic milliseconds). */
  #changedMs = 0;
  /** What goes on once there is room. */
  #waiting: (() => void)[] = [];
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
    this.#actor = createActor(sessionMachine, { parent, id: channel.remoteAddress, input: { connection: this } });
  }

  get remoteAddress(): string {
    return this.#channel.remoteAddress;
  }

  /** Introduces the server and takes Commands from now on. */
  start(): void {
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

  /** Closes if the goodbye has been said and only the peer's is missing. */
  closeEnded(): void {
    if (this.#actor.getSnapshot().value === 'ending' && this.#channel.bufferedBytes === 0) this.close();
  }

  /** Closes if nothing has arrived for too long, unless it is this side that does not read. */
  closeIdle(): void {
    if (!this.#reading && !this.#full) return;
    const { idleTimeoutMs, clock } = this.service.options;
    const sinceMs = Math.max(this.#channel.lastReceivedMs, this.#changedMs);
    if (clock.monotonicMs() - sinceMs < idleTimeoutMs) return;
    const error = new CmdStreamError(
      'connection-lost',
      `${this.remoteAddress} was silent for ${idleTimeoutMs} ms (option 'idleTimeoutMs')`,
    );
    this.#actor.send({ type: 'idle.elapsed', error });
  }

  // ---- what arrives

  frame(seq: number, type: number, payload: unknown): void {
    // Commands that come after the goodbye are not executed.
    if (this.#actor.getSnapshot().value !== 'serving') return;
    const { routes, options } = this.service;
    const route = routes[type];
    if (route === undefined) {
      this.#fail(
        'protocol-error',
        `${this.remoteAddress} sent a Command of type ${type}; this server's protocol has 0 to ${routes.length - 1}`,
      );
      return;
    }
    this.#inFlight++;
    new RunningCommand(this, route, seq, options.clock.now()).start(payload);
    if (this.#inFlight >= options.maxInFlightCommands) this.#regulate();
  }

  ping(): void {
    if (!this.isOpen) return;
    this.#channel.sendPing();
    if (this.#channel.full) this.#regulate();
  }

  drained(): void {
    this.#full = false;
    this.#releaseWaiting();
    this.#regulate();
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
    if (this.#channel.full) this.#regulate();
  }

  sendError(seq: number, error: ErrorResult): void {
    try {
      this.send(seq, this.service.errorType, error);
    } catch (cause) {
      this.#fail('encode-failed', `${this.remoteAddress} could not be told of an error: ${error.message}`, cause);
    }
  }

  whenRoom(goOn: () => void): void {
    this.#waiting.push(goOn);
  }

  room(): Promise<void> | undefined {
    if (this.isFull) return new Promise((resolve) => this.whenRoom(resolve));
    return this.service.turn.wait();
  }

  makeSignal(owner: object): AbortSignal {
    const controller = new AbortController();
    if (this.isOpen) this.#signals.set(owner, controller);
    else controller.abort(this.#goneError(undefined));
    return controller.signal;
  }

  settled(owner: object): void {
    this.#inFlight--;
    if (this.#signals.size > 0) this.#signals.delete(owner);
    if (this.#inFlight === 0 && this.#actor.getSnapshot().value === 'draining') {
      this.#actor.send({ type: 'commands.settled' });
    } else if (!this.#reading) {
      this.#regulate();
    }
  }

  // ---- what the machine makes happen

  introduce(): void {
    this.#channel.sendServerInfo(this.service.introduction);
  }

  isBusy(): boolean {
    return this.#inFlight > 0;
  }

  end(): void {
    this.#channel.end();
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
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const goOn of waiting) goOn();
  }

  reportLost(error: unknown): void {
    const { remoteAddress } = this;
    const known = error === undefined ? undefined : CmdStreamError.from(error, 'connection-lost');
    this.service.options.onConnectionLost({ remoteAddress, error: known });
  }

  forget(): void {
    this.#forget(this);
  }

  // ---- inside

  /** Reads Commands while there is room for them and their Results; else leaves them with the network. */
  #regulate(): void {
    if (this.#channel.full) this.#full = true;
    const read = !this.#full && this.#inFlight < this.service.options.maxInFlightCommands;
    if (read === this.#reading) return;
    this.#reading = read;
    this.#changedMs = this.service.options.clock.monotonicMs();
    if (read) this.#channel.resume();
    else this.#channel.pause();
  }

  /** Lets go on what waits for room, until that is used up again. */
  #releaseWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    let released = 0;
    while (released < waiting.length && !this.#channel.full) waiting[released++]?.();
    if (released < waiting.length) this.#waiting = waiting.slice(released).concat(this.#waiting);
  }

  #fail(code: 'protocol-error' | 'encode-failed', message: string, cause?: unknown): void {
    this.#actor.send({ type: 'connection.failed', error: new CmdStreamError(code, message, { cause }) });
  }

  #goneError(error: unknown): CmdStreamError {
    if (error !== undefined) return CmdStreamError.from(error, 'connection-lost');
    return new CmdStreamError('closed', `the connection to ${this.remoteAddress} is closed`);
  }
}
