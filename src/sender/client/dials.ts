import type { Clock } from '../../base/clock.ts';
import { CmdStreamError, tellSubject } from '../../base/errors/cmd-stream-error.ts';
import { type DialStage, describeSlowDial } from './dial-stage.ts';

/** Dials of one client: the one that is under way, or was the last, and what was tried since it had a connection. */
export class Dials {
  /** The address of the last one; empty as long as none is picked. */
  address = '';
  /** How far the last one has come. */
  stage: DialStage | undefined;
  /** How long the last one took that was a success. */
  tookMs = 0;
  /** The addresses that were tried since the last connection. */
  readonly tried = new Set<string>();
  readonly #clientId: number;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  /** When the last one began. */
  #sinceMs = 0;
  /** Counts all dials. */
  #last = 0;
  /** How many dials were made since the last connection. */
  #inVain = 0;

  /** @param timeoutMs - the time that one may take. */
  constructor(clientId: number, clock: Clock, timeoutMs: number) {
    this.#clientId = clientId;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
  }

  /** Begins one, whose address is yet to be picked. Returns its number. */
  begin(): number {
    this.#sinceMs = this.#clock.monotonicMs();
    this.address = '';
    this.stage = undefined;
    return ++this.#last;
  }

  /** Notes the address of the one that has begun. */
  pick(address: string): void {
    this.address = address;
    this.tried.add(address);
    this.#inVain++;
  }

  /** Whether none has begun after it. */
  isLast(number: number): boolean {
    return number === this.#last;
  }

  /** The last one is through. */
  succeed(): void {
    this.tookMs = this.#clock.monotonicMs() - this.#sinceMs;
  }

  /** The client has a connection: all addresses count as untried. */
  reset(): void {
    this.tried.clear();
    this.#inVain = 0;
  }

  /** Whether one of so many addresses has not been tried since the last connection. */
  hasUntried(addresses: number): boolean {
    // By their number: a resolver that gives another address each time must not keep a client dialling without a pause.
    return this.#inVain > 0 && this.#inVain < addresses;
  }

  /** How much longer the last one may take whose timeout has just fired: as long as it fired late. */
  graceMs(): number {
    return Math.min(this.#clock.monotonicMs() - this.#sinceMs - this.#timeoutMs, this.#timeoutMs);
  }

  /** The error of one that takes too long. */
  overdueError(): CmdStreamError {
    return this.about(
      new CmdStreamError('handshake-timeout', describeSlowDial(this.address, this.stage, this.#timeoutMs)),
    );
  }

  /** Tells an error of the last one whose it is. */
  about(error: CmdStreamError): CmdStreamError {
    return tellSubject(error, { address: this.address === '' ? undefined : this.address, clientId: this.#clientId });
  }
}
