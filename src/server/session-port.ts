import type { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ErrorResult } from '../protocol/reserved.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';
import { Abandonment } from './abandonment.ts';
import { Backpressure } from './backpressure.ts';
import { Account } from './budget.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import type { CommandCredit } from './command-credit.ts';
import { Holdings, LEAST_BUFFERED_BYTES } from './holdings.ts';
import { SendingOrder } from './sending-order.ts';
import type { AbandonedCommand, ResultPort, Service, SettledCommand } from './service.ts';

/**
 * The side of a session that Commands see: their Results go out by it, and it knows what is held for them. What a session is in
 * its life, its heir knows. Inherited and not called: it is on the way of every Result.
 */
export abstract class SessionPort implements ResultPort {
  readonly service: Service;
  readonly order = new SendingOrder();
  protected readonly channel: ServerChannel;
  protected readonly holdings: Holdings;
  protected readonly backpressure: Backpressure;
  /** Listeners for the moment at which the client can no longer be reached. */
  protected readonly abandonment: Abandonment;
  /** With less waiting to be written there is nothing to regulate. */
  readonly #watchedBytes: number;

  constructor(service: Service, channel: ServerChannel) {
    const { options, budget } = service;
    const { maxInFlightCommands, maxInFlightBytes, maxQueuedBytes, errorResults: canRefuse, clock } = options;
    this.service = service;
    this.channel = channel;
    this.holdings = new Holdings(new Account(budget), maxInFlightBytes);
    this.#watchedBytes = Math.min(options.maxBufferedBytes, LEAST_BUFFERED_BYTES);
    const limits = { maxInFlightCommands, maxQueuedBytes, canRefuse };
    this.backpressure = new Backpressure(channel, limits, this.holdings, clock);
    this.abandonment = new Abandonment(channel.remoteAddress);
  }

  abstract get info(): ConnectionInfo;
  abstract get isOpen(): boolean;
  abstract makeCredit(seq: number): CommandCredit | undefined;
  abstract sendError(seq: number, error: ErrorResult): void;
  abstract ended(command: SettledCommand): void;
  abstract succeeded(command: SettledCommand): void;
  abstract settled(command: SettledCommand): void;

  get isFull(): boolean {
    return this.isOpen && this.channel.flow.isFull;
  }

  get isOverfull(): boolean {
    return this.channel.flow.bufferedBytes >= 2 * this.service.options.maxBufferedBytes;
  }

  get arrivedMs(): number {
    return this.channel.lastReceivedMs;
  }

  send(seq: number, type: number, value: unknown): number {
    const { order } = this;
    let size: number;
    order.isEncoding = true;
    try {
      size = this.channel.send(seq, type, value);
    } finally {
      order.isEncoding = false;
    }
    const { bufferedBytes } = this.channel.flow;
    if (bufferedBytes < this.#watchedBytes && !this.holdings.hasWritten) return size;
    this.holdings.writtenAre(bufferedBytes);
    this.backpressure.sent();
    return size;
  }

  whenRoom(goOn: () => void): void {
    this.backpressure.whenRoom(goOn);
  }

  room(): Promise<void> | undefined {
    if (this.isFull) return new Promise((resolve) => this.whenRoom(resolve));
    const { turn } = this.service;
    turn.look();
    return turn.isOver() ? new Promise((resolve) => turn.queue(this, resolve)) : undefined;
  }

  makeSignal(owner: object): AbortSignal {
    return this.abandonment.makeSignal(owner, this.isOpen);
  }

  watch(command: AbandonedCommand): void {
    this.abandonment.watch(command);
  }

  resultWaits(bytes: number): boolean {
    return this.holdings.resultWaits(bytes);
  }

  resultWent(bytes: number): void {
    this.holdings.resultWent(bytes);
  }

  fireSignal(owner: object, reason: CmdStreamError): void {
    this.abandonment.fire(owner, reason);
  }
}
