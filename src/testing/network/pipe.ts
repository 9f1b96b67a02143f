import type { TimerHandle } from '../../base/clock.ts';
import type { SeededRandom } from '../kit/random.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import type { EventLog } from '../log/event-log.ts';
import type { ResolvedLink } from './link.ts';

/** Piece that is on its way: bytes, or one of TCP's signs. */
type Piece = Buffer | 'fin' | 'rst';

interface Flying {
  readonly piece: Piece;
  arriveMs: number;
}

/** State of a path at the moment, all faults considered. */
export interface PathState {
  readonly link: ResolvedLink;
  /** Nothing passes for now. */
  readonly blocked: boolean;
  /** Nothing passes the other way for now: what was read is not acknowledged. */
  readonly backBlocked: boolean;
  /** How often a piece is corrupted. */
  readonly corruptRate: number;
  /** How fast the receiver reads: bytes a second. */
  readonly readRate: number;
}

/** Context that all connections of a network have in common. */
export interface PipeContext {
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly logBytes: boolean;
  readonly windowBytes: number;
}

/** Receiver of what a pipe carries. */
export interface PipeEnd {
  /** Bytes have arrived; they are the receiver's now. */
  arrivedBytes(bytes: Buffer): void;
  arrivedSign(sign: 'fin' | 'rst'): void;
  /** All that arrives at this moment has. */
  arrivedAll(): void;
  /** There is room again in the pipe that this end writes into. */
  roomCame(): void;
}

/** One direction of a connection: carries bytes in order, late, in pieces, and never more than its window at a time. */
export class Pipe {
  readonly from: string;
  readonly to: string;
  state: PathState;
  /** After so many bytes more the connection is reset. */
  cutAfterBytes = Number.POSITIVE_INFINITY;
  /** Called when that has come. */
  onCut: (() => void) | undefined;
  sender: PipeEnd | undefined;
  receiver: PipeEnd | undefined;

  readonly #context: PipeContext;
  readonly #random: SeededRandom;
  readonly #who: string;
  readonly #flying: Flying[] = [];
  #first = 0;
  /** Bytes that were taken and whose place in the window is not free again. */
  #usedBytes = 0;
  /** Bytes that were read, and when the sender learns of it. */
  #credits: { readonly atMs: number; readonly bytes: number }[] = [];
  #leavesMs = 0;
  #timer: TimerHandle;
  #creditTimer: TimerHandle;
  #senderWaits = false;
  #dead = false;

  constructor(context: PipeContext, who: string, from: string, to: string, random: SeededRandom, state: PathState) {
    this.#context = context;
    this.#who = who;
    this.from = from;
    this.to = to;
    this.#random = random;
    this.state = state;
  }

  /**
   * Takes as many of `bytes` as there is room for, copied, and returns how many; where that is not all, the sender is told when
   * there is room again.
   */
  take(bytes: Buffer): number {
    this.#collectCredits();
    const room = Math.max(0, Math.min(this.#context.windowBytes - this.#usedBytes, bytes.length));
    this.#senderWaits = room < bytes.length;
    if (this.#senderWaits) this.#armCredit();
    this.#launch(bytes.subarray(0, room));
    return room;
  }

  /** Sends bytes on their way, in pieces. */
  #launch(bytes: Buffer): void {
    this.#usedBytes += bytes.length;
    const { maxPieceBytes, sliceRate } = this.state.link;
    for (let start = 0; start < bytes.length; ) {
      let length = Math.min(maxPieceBytes, bytes.length - start);
      if (length > 1 && this.#random.chance(sliceRate)) length = this.#random.int(1, length - 1);
      this.#send(Buffer.from(bytes.subarray(start, start + length)), length);
      start += length;
    }
  }

  /** Sends one of TCP's signs behind what was taken. */
  sign(sign: 'fin' | 'rst'): void {
    this.#send(sign, 0);
  }

  /** The receiver has read bytes: the sender has room for as many once it learns of that. */
  read(bytes: number): void {
    if (this.#dead) return;
    this.#credits.push({ atMs: this.#context.clock.monotonicMs() + this.state.link.latencyMs, bytes });
    if (this.#senderWaits) this.#armCredit();
  }

  /** From now on everything vanishes, and nobody is told. Leaves no timer behind. */
  die(): void {
    const { clock } = this.#context;
    this.#dead = true;
    this.#flying.length = 0;
    this.#first = 0;
    clock.clearTimeout(this.#timer);
    clock.clearTimeout(this.#creditTimer);
    this.#timer = undefined;
    this.#creditTimer = undefined;
  }

  /** The path has changed; what was held back goes on. */
  changed(state: PathState): void {
    const before = this.state;
    this.state = state;
    if (state.blocked && !before.blocked) {
      this.#context.clock.clearTimeout(this.#timer);
      this.#timer = undefined;
    } else if (before.blocked && !state.blocked) {
      // As if sent anew: late by the path, in the order in which they were sent.
      for (const flying of this.#flying.slice(this.#first)) {
        flying.arriveMs = this.#arrival(Math.max(flying.arriveMs, this.#context.clock.monotonicMs()));
      }
      this.#arm();
    }
    if (before.backBlocked && !state.backBlocked && this.#senderWaits) this.#armCredit();
  }

  #send(piece: Piece, bytes: number): void {
    if (this.#dead) return;
    const { bytesPerSecond } = this.state.link;
    this.#leavesMs = Math.max(this.#leavesMs, this.#context.clock.monotonicMs()) + (bytes * 1000) / bytesPerSecond;
    this.#flying.push({ piece, arriveMs: this.#arrival(this.#leavesMs) });
    this.#arm();
  }

  /** When what leaves at a time would arrive; what left earlier arrives before it all the same. */
  #arrival(leavesMs: number): number {
    const { latencyMs, jitterMs, coalesceRate, coalesceMs } = this.state.link;
    let delayMs = latencyMs;
    if (jitterMs > 0) delayMs += this.#random.next() * jitterMs;
    if (this.#random.chance(coalesceRate)) delayMs += this.#random.next() * coalesceMs;
    return toMicroseconds(leavesMs + delayMs);
  }

  #arm(): void {
    const next = this.#flying[this.#first];
    if (this.#timer !== undefined || next === undefined || this.state.blocked) return;
    this.#timer = this.#context.clock.at(next.arriveMs, this.#onTimer);
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const nowMs = this.#context.clock.monotonicMs();
    for (let next = this.#flying[this.#first]; next !== undefined; next = this.#flying[this.#first]) {
      if (next.arriveMs > nowMs) break;
      this.#first++;
      this.#arrive(next.piece);
    }
    if (this.#first === this.#flying.length) {
      this.#flying.length = 0;
      this.#first = 0;
    } else if (this.#first > 1000) {
      this.#flying.splice(0, this.#first);
      this.#first = 0;
    }
    this.#arm();
    this.receiver?.arrivedAll();
  };

  #arrive(piece: Piece): void {
    if (typeof piece === 'string') {
      // A reset takes away what was not read; what came a moment earlier was, by whoever reads.
      if (piece === 'rst') this.receiver?.arrivedAll();
      this.receiver?.arrivedSign(piece);
      return;
    }
    const cut = piece.length > this.cutAfterBytes;
    const bytes = cut ? piece.subarray(0, this.cutAfterBytes) : piece;
    this.cutAfterBytes -= bytes.length;
    if (bytes.length > 0) {
      this.#corrupt(bytes);
      this.#logBytes(bytes);
      this.receiver?.arrivedBytes(bytes);
    }
    if (!cut) return;
    this.receiver?.arrivedAll();
    this.onCut?.();
  }

  #corrupt(bytes: Buffer): void {
    if (!this.#random.chance(this.state.corruptRate)) return;
    const at = this.#random.int(0, bytes.length - 1);
    bytes[at] = (bytes[at] as number) ^ this.#random.int(1, 255);
    this.#context.log.add('net.corrupted', this.#who, { from: this.from, at });
  }

  #logBytes(bytes: Buffer): void {
    if (!this.#context.logBytes) return;
    let sum = 0x811c_9dc5;
    for (let at = 0; at < bytes.length; at++) sum = Math.imul(sum ^ (bytes[at] as number), 0x0100_0193);
    this.#context.log.add('net.bytes', this.#who, { from: this.from, bytes: bytes.length, sum: sum >>> 0 });
  }

  #collectCredits(): void {
    if (this.state.backBlocked) return;
    const nowMs = this.#context.clock.monotonicMs();
    let known = 0;
    for (const { atMs, bytes } of this.#credits) {
      if (atMs > nowMs) break;
      this.#usedBytes -= bytes;
      known++;
    }
    if (known > 0) this.#credits = this.#credits.slice(known);
  }

  #armCredit(): void {
    const [next] = this.#credits;
    if (this.#creditTimer !== undefined || next === undefined || this.state.backBlocked || this.#dead) return;
    this.#creditTimer = this.#context.clock.at(next.atMs, () => {
      this.#creditTimer = undefined;
      this.sender?.roomCame();
    });
  }
}

/** Times on the network are whole microseconds: short in a log, and the same however they were summed up. */
function toMicroseconds(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
