/** Account of what one connection makes the server hold, as its {@link Budget} knows it. */
export class Account {
  readonly #budget: Budget;
  #bytes = 0;
  #isClosed = false;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** About how many bytes of memory are held for it. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether so many bytes more may be held for it. The first of a server that holds nothing always may. */
  mayHold(bytes: number): boolean {
    return this.#budget.admits(this.#bytes, bytes);
  }

  /** Whether it may hold more than there is room for: one at a time may. */
  get mayGoBeyond(): boolean {
    return this.#budget.beyond === undefined;
  }

  /** It holds more than there is room for, until it {@link comeBack}. */
  goBeyond(): void {
    this.#budget.beyond ??= this;
  }

  /** It is back within bounds. To be followed by the release of what it held. */
  comeBack(): void {
    if (this.#budget.beyond === this) this.#budget.beyond = undefined;
  }

  /** So many bytes more are held for it. */
  hold(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes += bytes;
    this.#budget.add(bytes);
  }

  /** So many bytes are held for it no more. */
  release(bytes: number): void {
    if (this.#isClosed) return;
    this.#bytes -= bytes;
    this.#budget.add(-bytes);
  }

  /** Calls back once there may be room again. */
  whenRoom(goOn: () => void): void {
    this.#budget.wait(this, goOn);
  }

  /** The connection is gone, and all that was held for it; what is told of it afterwards means nothing. */
  close(): void {
    this.#budget.forget(this);
    this.comeBack();
    this.release(this.#bytes);
    this.#isClosed = true;
  }
}

/** So much each connection may hold, whatever the others hold: what one needs that asks now and then. */
export const RESERVED_BYTES = 16 * 1024;

/**
 * The memory of a server, shared by its connections: what is decoded and not answered, what waits undecoded, what has come
 * of frames that are not whole, Results that wait. Any connection may hold as much as is left over, and no more: so the
 * ones that hold most are stopped first, several of them leave each other equal shares, and there is always a share left for
 * one that comes ("dynamic thresholds": A. K. Choudhury and E. L. Hahne, IEEE/ACM Transactions on Networking 6 (2), 1998).
 */
export class Budget {
  readonly maxBytes: number;
  /** Account that holds something large that there was no room for. */
  beyond: Account | undefined;
  readonly #reservedBytes: number;
  readonly #soon: (task: () => void) => void;
  #bytes = 0;
  /** Whether those who wait are about to be told. */
  #isTelling = false;
  readonly #waiting = new Map<Account, () => void>();

  /** @param soon - calls back in one of the next turns: many are told at once, not at each thing that is released. */
  constructor(maxBytes: number, soon: (task: () => void) => void, reservedBytes = RESERVED_BYTES) {
    this.maxBytes = maxBytes;
    this.#reservedBytes = reservedBytes;
    this.#soon = soon;
  }

  /** About how many bytes of memory the connections hold. */
  get bytes(): number {
    return this.#bytes;
  }

  /** How much is left over. */
  get leftBytes(): number {
    return this.maxBytes - this.#bytes;
  }

  /** Whether one that holds `held` bytes may hold `bytes` more. */
  admits(held: number, bytes: number): boolean {
    return this.#bytes === 0 || held + bytes <= Math.max(this.leftBytes, this.#reservedBytes);
  }

  /** @param bytes - how many more are held; less than 0: how many fewer. */
  add(bytes: number): void {
    this.#bytes += bytes;
    if (bytes >= 0 || this.#isTelling || this.#waiting.size === 0) return;
    this.#isTelling = true;
    this.#soon(this.#tell);
  }

  wait(account: Account, goOn: () => void): void {
    this.#waiting.set(account, goOn);
  }

  forget(account: Account): void {
    this.#waiting.delete(account);
  }

  /** The ones that hold least come first; those for whom there is still no room wait once more. */
  readonly #tell = (): void => {
    this.#isTelling = false;
    const waiting = [...this.#waiting].sort(([a], [b]) => a.bytes - b.bytes);
    this.#waiting.clear();
    for (const [, goOn] of waiting) goOn();
  };
}
