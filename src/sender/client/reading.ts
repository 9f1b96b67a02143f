import type { Clock, TimerHandle } from '../../base/clock.ts';
import { type FairTurn, WORK_OF_FRAME, WORK_PER_LOOK } from '../../base/fair-turn.ts';
import type { FrameChannel } from '../../wire/frame-channel.ts';
import type { Pressure } from './backlog.ts';

/** So much longer it is read on where what comes is of use: it is done with sooner, in fewer pieces. */
const LONGER_MS = 0.4;
/**
 * So long others on its connection may wait for a full stream, at a time and, where Results of theirs came behind it, in
 * all; then the connection is read on for them, which fails the stream. Of the time that goes by a tenth is forgiven.
 */
const PATIENCE_MS = 1_000;
const FORGIVEN = 0.1;

/** Reason for which the Results of a stream wait. */
export type WaitsFor = 'consumer' | 'schema';

/**
 * Decides whether a connection reads. It does not while all that is pending are slow streams: then the server waits, as it
 * does for any client that does not read. Where others are pending it reads on for them for as long as the streams may
 * keep more, and waits a moment for those that may not. And it gives the rest of the process its turn when a server sends
 * without a pause what no Command asked for one by one.
 */
export class Reading {
  /** Whether slow streams are why nothing is read. */
  paused = false;
  /** Whether others have waited for full streams for long enough, so that it reads although nothing of those can be kept. */
  readsOn = false;
  readonly #channel: Pick<FrameChannel, 'pause' | 'resume'>;
  readonly #pending: { readonly size: number };
  readonly #turn: FairTurn;
  readonly #clock: Clock;
  /** The slow streams among what is pending. */
  readonly #slow = new Map<number, Record<WaitsFor, Pressure>>();
  /** How many of them are full. */
  #full = 0;
  /** Runs while others wait for a full stream, since then. */
  #patience: TimerHandle;
  #waitsSinceMs = 0;
  /** How long others waited last, if no Result of theirs has come since. */
  #waitedMs = 0;
  /** How long Results of others have waited, less what is forgiven, as of the last that did. */
  #heldUpMs = 0;
  #heldUpAtMs = 0;
  #reading = true;
  /** Whether it waits for its turn to read on. */
  #queued = false;
  #over = false;
  /** Work that has come unasked since it was last looked whether others wait, and in which turn. */
  #work = 0;
  #turnNumber = 0;

  /** @param pending - what waits for Results at the connection. */
  constructor(
    channel: Pick<FrameChannel, 'pause' | 'resume'>,
    pending: { readonly size: number },
    turn: FairTurn,
    clock: Clock,
  ) {
    this.#channel = channel;
    this.#pending = pending;
    this.#turn = turn;
    this.#clock = clock;
  }

  /** Whether there are slow streams: only then anything here depends on what is pending. */
  get hasSlow(): boolean {
    return this.#slow.size > 0;
  }

  /** The backlog of a pending stream has changed. */
  pressed(seq: number, waitsFor: WaitsFor, pressure: Pressure): void {
    const before = this.#slow.get(seq) ?? { consumer: 'none', schema: 'none' };
    const after = { ...before, [waitsFor]: pressure };
    this.#full += Number(isFull(after)) - Number(isFull(before));
    if (after.consumer === 'none' && after.schema === 'none') this.#slow.delete(seq);
    else this.#slow.set(seq, after);
    this.regulate();
  }

  /** A Result has come, of a stream that is not slow or of another Command: it may have waited for those that are. */
  arrived(seq: number): void {
    if (this.#waitedMs === 0 || this.#slow.has(seq)) return;
    this.#heldUpMs = this.#unforgivenMs + this.#waitedMs;
    this.#heldUpAtMs = this.#clock.monotonicMs();
    this.#waitedMs = 0;
  }

  /** A Command is pending no more. */
  settled(seq: number): void {
    const before = this.#slow.get(seq);
    if (before !== undefined && isFull(before)) this.#full--;
    this.#slow.delete(seq);
    this.regulate();
  }

  /**
   * Something has come that no Command asked for one by one: the Result of a stream, of nobody, a Pong, a piece.
   * @param isOfUse - whether somebody waits for it.
   */
  work(size: number, isOfUse: boolean): void {
    const turn = this.#turn;
    if (turn.number !== this.#turnNumber) {
      this.#turnNumber = turn.number;
      this.#work = 0;
    }
    this.#work += WORK_OF_FRAME + size;
    if (this.#work < WORK_PER_LOOK) return;
    this.#work = 0;
    if (this.#over || !this.#reading) return;
    turn.look();
    if (!turn.isOver(isOfUse ? LONGER_MS : 0)) return;
    this.#stopReading();
    this.#readOn();
  }

  /** Reads, or not, by what is pending now. */
  regulate(): void {
    if (this.#over) return;
    const isAlone = this.#slow.size > 0 && this.#slow.size >= this.#pending.size;
    if (this.#full === 0 || isAlone) this.readsOn = false;
    else if (this.#unforgivenMs >= PATIENCE_MS) this.readsOn = true;
    if (isAlone || this.#slow.size === 0) this.#heldUpMs = 0;
    const othersWait = this.#full > 0 && !isAlone && !this.readsOn;
    this.#bePatient(othersWait);
    const paused = isAlone || othersWait;
    this.paused = paused;
    if (!paused) this.#readOn();
    else if (this.#reading) this.#stopReading();
  }

  /** The end: the channel is left as it is. */
  stop(): void {
    this.#over = true;
    this.paused = false;
    this.#full = 0;
    this.#slow.clear();
    this.#bePatient(false);
  }

  get #unforgivenMs(): number {
    return Math.max(0, this.#heldUpMs - FORGIVEN * (this.#clock.monotonicMs() - this.#heldUpAtMs));
  }

  #bePatient(isNeeded: boolean): void {
    if (isNeeded === (this.#patience !== undefined)) return;
    if (isNeeded) {
      this.#waitsSinceMs = this.#clock.monotonicMs();
      this.#patience = this.#clock.setTimeout(this.#losePatience, PATIENCE_MS);
    } else {
      this.#waitedMs = this.#clock.monotonicMs() - this.#waitsSinceMs;
      this.#clock.clearTimeout(this.#patience);
      this.#patience = undefined;
    }
  }

  readonly #losePatience = (): void => {
    this.readsOn = true;
    this.regulate();
  };

  #stopReading(): void {
    this.#reading = false;
    this.#channel.pause();
  }

  /** In a turn of its own: what comes must not come in the middle of what lets it come, such as a request that ends. */
  #readOn(): void {
    if (this.#reading || this.#queued) return;
    this.#queued = true;
    this.#turn.queue(this, this.#takeTurn);
  }

  readonly #takeTurn = (): void => {
    this.#queued = false;
    if (this.#over || this.paused) return;
    this.#reading = true;
    this.#channel.resume();
  };
}

function isFull({ consumer, schema }: Record<WaitsFor, Pressure>): boolean {
  return consumer === 'full' || schema === 'full';
}
