import type { SessionEvent, SessionLink } from '../../machines/session.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { RESERVED_TYPES } from '../protocol/reserved.ts';
import { CONNECTION_SEQ } from '../wire/extension/control-frame.ts';
import { encodeGoodbye } from '../wire/extension/goodbye.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';
import type { Abandonment } from './abandonment.ts';
import { askAuthorize, tellRefused } from './admission.ts';
import type { Backpressure } from './backpressure.ts';
import type { CommandTimes } from './command-times.ts';
import type { ConnectionAge } from './connection-age.ts';
import type { Conversation } from './conversation.ts';
import type { Service } from './service.ts';

/** Parts of a session that its machine asks and acts on. */
export interface SessionParts {
  readonly service: Service;
  readonly talk: Conversation;
  readonly channel: ServerChannel;
  readonly backpressure: Backpressure;
  readonly times: CommandTimes;
  readonly abandonment: Abandonment;
  /** None where connections may last for ever. */
  readonly age: ConnectionAge | undefined;
  /** Whether Commands are taken, or answered at least. */
  isOpen(): boolean;
  /** The client has come in: what it has sent before that is looked at. */
  hearEarly(): void;
  /** The connection is gone: lets go of what is held for it. */
  forget(): void;
}

/** One accepted connection as its machine sees it, from the question whether its client may come in to its end. */
export class SessionLife implements SessionLink {
  readonly #parts: SessionParts;
  #isIntroduced = false;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  authorize(tell: (answer: SessionEvent) => void): void {
    const { service, talk, channel } = this.#parts;
    channel.pause();
    askAuthorize(service.options, talk.info, (answer) => {
      tell(answer);
      if (!this.#parts.isOpen()) return;
      this.#parts.hearEarly();
      channel.resume();
    });
  }

  reportRefused(error: unknown): void {
    const { service, talk } = this.#parts;
    tellRefused(service.options, talk.info.peer, error);
    if (talk.hasBegun) this.#sayWelcome("its option 'authorize' has refused it");
  }

  introduce(): void {
    if (this.#isIntroduced) return;
    this.#isIntroduced = true;
    this.#parts.channel.sendServerInfo(this.#parts.service.introduction);
  }

  isGreeted(): boolean {
    return this.#parts.talk.hasBegun;
  }

  welcome(): void {
    this.#sayWelcome(undefined);
  }

  admit(): void {
    this.#parts.service.options.onConnection(this.#parts.talk.info);
  }

  startAge(): void {
    this.#parts.age?.start();
  }

  stopAge(): void {
    this.#parts.age?.stop();
  }

  reportOverstayed(): void {
    const { service, talk, abandonment } = this.#parts;
    const { maxConnectionAgeGraceMs: graceMs } = service.options;
    const what = `Commands were in flight ${graceMs} ms after the connection had come of age (option 'maxConnectionAgeGraceMs')`;
    const error = new CmdStreamError('connection-lost', `${talk.info.remoteAddress} was cut off: ${what}`);
    this.reportLost(error);
    abandonment.tell(error);
  }

  sayGoodbye(): void {
    this.#sendGoodbye(this.#parts.service.options.retryAfterMs);
  }

  sendAway(): void {
    this.#sendGoodbye(undefined);
  }

  isBusy(): boolean {
    return this.#parts.backpressure.inFlight > 0;
  }

  quietInMs(): number {
    const { service, times, talk } = this.#parts;
    return service.options.errorResults && !talk.hasBegun ? times.quietInMs() : 0;
  }

  end(): void {
    this.#parts.channel.end();
  }

  isWriting(): boolean {
    return this.#parts.channel.flow.bufferedBytes > 0;
  }

  destroy(): void {
    this.#parts.channel.destroy();
  }

  abandon(error: unknown): void {
    this.#parts.abandonment.tell(error);
    this.#parts.backpressure.releaseAll();
    this.#parts.talk.releaseStreams();
  }

  reportLost(error: unknown): void {
    const { service, talk } = this.#parts;
    const known = error === undefined ? undefined : CmdStreamError.from(error, 'connection-lost');
    service.options.onConnectionLost({ ...talk.info, error: known });
  }

  forget(): void {
    this.#parts.forget();
  }

  #sendGoodbye(retryAfterMs: number | undefined): void {
    const { talk, channel } = this.#parts;
    if (!talk.hasBegun) return;
    channel.sendControl(CONNECTION_SEQ, RESERVED_TYPES.goodbye, encodeGoodbye(talk.lastSeq, retryAfterMs));
  }

  #sayWelcome(refused: string | undefined): void {
    const { service, channel, talk } = this.#parts;
    const { describe = false, status = false } = talk.hello ?? {};
    const welcome = service.welcomes.encode({ refused, describe, status });
    channel.sendControl(CONNECTION_SEQ, RESERVED_TYPES.welcome, welcome);
  }

  /** Fields of it that an inspector shows. */
  toJSON(): object {
    const { talk, backpressure } = this.#parts;
    return { remoteAddress: talk.info.remoteAddress, inFlight: backpressure.inFlight };
  }
}
