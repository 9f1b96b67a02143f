import type { SessionEvent, SessionLink } from '../../machines/session.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { ServerChannel } from '../wire/frame-channel.ts';
import type { Abandonment } from './abandonment.ts';
import { askAuthorize, tellRefused } from './admission.ts';
import type { Backpressure } from './backpressure.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import type { CommandTimes } from './command-times.ts';
import type { Service } from './service.ts';

/** Parts of a session that its machine asks and acts on. */
export interface SessionParts {
  readonly service: Service;
  readonly info: ConnectionInfo;
  readonly channel: ServerChannel;
  readonly backpressure: Backpressure;
  readonly times: CommandTimes;
  readonly abandonment: Abandonment;
  /** Whether Commands are taken, or answered at least. */
  isOpen(): boolean;
  /** The connection is gone: lets go of what is held for it. */
  forget(): void;
}

/** One accepted connection as its machine sees it, from the question whether its client may come in to its end. */
export class SessionLife implements SessionLink {
  readonly #parts: SessionParts;

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  authorize(tell: (answer: SessionEvent) => void): void {
    const { service, info, channel } = this.#parts;
    askAuthorize(service.options, info, (answer) => {
      tell(answer);
      if (this.#parts.isOpen()) channel.resume();
    });
  }

  reportRefused(error: unknown): void {
    const { service, info } = this.#parts;
    tellRefused(service.options, info.peer, error);
  }

  introduce(): void {
    const { service, info, channel } = this.#parts;
    service.options.onConnection(info);
    channel.sendServerInfo(service.introduction);
  }

  isBusy(): boolean {
    return this.#parts.backpressure.inFlight > 0;
  }

  quietInMs(): number {
    const { service, times } = this.#parts;
    return service.options.errorResults ? times.quietInMs() : 0;
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
  }

  reportLost(error: unknown): void {
    const { service, info } = this.#parts;
    const known = error === undefined ? undefined : CmdStreamError.from(error, 'connection-lost');
    service.options.onConnectionLost({ ...info, error: known });
  }

  forget(): void {
    this.#parts.forget();
  }

  /** Fields of it that an inspector shows. */
  toJSON(): object {
    const { info, backpressure } = this.#parts;
    return { remoteAddress: info.remoteAddress, inFlight: backpressure.inFlight };
  }
}
