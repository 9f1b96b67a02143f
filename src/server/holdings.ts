import { type Account, RESERVED_BYTES } from './budget.ts';

/** Memory of a Command in flight beside its payload: its context, the promise and the closure of its handler. Measured. */
const COMMAND_BYTES = 1_536;
/** So much of a kind costs a connection nothing: what is usual need not be counted. */
const FREE_BYTES = 16 * 1024;
/** So much may wait to be written to any client, whatever is held for the others. */
export const LEAST_BUFFERED_BYTES = FREE_BYTES;

/** Memory that one connection makes the server hold, by kinds, all on one account. */
export class Holdings {
  readonly #account: Account;
  readonly #maxInFlightBytes: number;
  #inFlightBytes = 0;
  #arrivedBytes = 0;
  #writtenBytes = 0;

  /** @param maxInFlightBytes - the most that may be held for Commands in flight. */
  constructor(account: Account, maxInFlightBytes: number) {
    this.#account = account;
    this.#maxInFlightBytes = maxInFlightBytes;
  }

  /** About how many bytes are held for it. */
  get bytes(): number {
    return this.#account.bytes;
  }

  /** Whether it holds so much that no more Commands should be taken. */
  get isOver(): boolean {
    if (this.#inFlightBytes >= this.#maxInFlightBytes) return true;
    return !this.#account.mayHold(1) && !this.#mayTakeOfWaiting(0);
  }

  /** Whether a Command of so many bytes may be taken. */
  mayTake(size: number): boolean {
    if (this.#inFlightBytes > 0 && this.#inFlightBytes + size > this.#maxInFlightBytes) return false;
    return this.#account.mayHold(size) || this.#mayTakeOfWaiting(size);
  }

  /**
   * Whether it may be taken although there is no room: what waits undecoded can only go by being taken. Little always may;
   * something large alone, and for one connection of the server at a time. Not where the client does not read its Results.
   */
  #mayTakeOfWaiting(size: number): boolean {
    if (this.#account.bytes > this.#arrivedBytes + this.#inFlightBytes) return false;
    if (this.#inFlightBytes + size < RESERVED_BYTES) return true;
    return this.#inFlightBytes === 0 && this.#account.mayGoBeyond;
  }

  /** Whether so many bytes more may be held that nobody works on. */
  mayKeep(size: number): boolean {
    return this.#account.mayHold(size);
  }

  /** A Command has come whose payload takes about `weight` bytes. Returns what {@link commandWent} is to be told. */
  commandCame(weight: number): number {
    const bytes = COMMAND_BYTES + weight;
    if (bytes > RESERVED_BYTES && !this.#account.mayHold(bytes)) this.#account.goBeyond();
    this.#inFlightBytes += bytes;
    this.#account.hold(bytes);
    return bytes;
  }

  /** It is answered. */
  commandWent(bytes: number): void {
    this.#inFlightBytes -= bytes;
    if (this.#inFlightBytes === 0) this.#account.comeBack();
    this.#account.release(bytes);
  }

  /** So many bytes have arrived and are not decoded: Commands that were put aside, and what has come of one. */
  arrivedAre(bytes: number): void {
    const counted = bytes > FREE_BYTES ? bytes : 0;
    if (counted !== this.#arrivedBytes) this.#change(counted - this.#arrivedBytes);
    this.#arrivedBytes = counted;
  }

  /** Whether any of what waits to be written is counted. */
  get hasWritten(): boolean {
    return this.#writtenBytes > 0;
  }

  /** So many bytes wait to be taken by the network. */
  writtenAre(bytes: number): void {
    const counted = bytes > FREE_BYTES ? bytes : 0;
    if (counted !== this.#writtenBytes) this.#change(counted - this.#writtenBytes);
    this.#writtenBytes = counted;
  }

  /** A Result of so many bytes waits for room; returns whether it may. */
  resultWaits(bytes: number): boolean {
    if (!this.#account.mayHold(bytes)) return false;
    this.#account.hold(bytes);
    return true;
  }

  /** It waits no longer. */
  resultWent(bytes: number): void {
    this.#account.release(bytes);
  }

  /** Calls back once more may be held, perhaps. */
  whenRoom(goOn: () => void): void {
    this.#account.whenRoom(goOn);
  }

  /** The connection is gone. */
  close(): void {
    this.#account.close();
  }

  #change(bytes: number): void {
    if (bytes > 0) this.#account.hold(bytes);
    else this.#account.release(-bytes);
  }
}
