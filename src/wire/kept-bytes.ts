const EMPTY = Buffer.alloc(0);

/** Received bytes that wait: for the rest of their frame, or for someone who reads. */
export class KeptBytes {
  /** The memory; `[start, end)` of it is what waits. */
  buffer: Buffer = EMPTY;
  start = 0;
  end = 0;

  get length(): number {
    return this.end - this.start;
  }

  /** Copies `bytes` behind what waits. Grows by doubling: a peer that announces much and sends little costs little. */
  append(bytes: Buffer): void {
    const needed = this.length + bytes.length;
    if (this.end + bytes.length > this.buffer.length) this.#moveTo(Math.max(needed, this.length * 2));
    bytes.copy(this.buffer, this.end);
    this.end += bytes.length;
  }

  /** Forgets what stands before `position`, and gives memory back once most of it is unused. */
  consumeTo(position: number): void {
    this.start = position;
    if (this.start >= this.end) this.clear();
    // Halving keeps the copying proportional to what arrives, even when one frame at a time is taken.
    else if (this.length <= this.buffer.length / 2) this.#moveTo(this.length);
  }

  /** Forgets all. */
  clear(): void {
    this.buffer = EMPTY;
    this.start = 0;
    this.end = 0;
  }

  #moveTo(size: number): void {
    const moved = Buffer.allocUnsafeSlow(size);
    const length = this.buffer.copy(moved, 0, this.start, this.end);
    this.buffer = moved;
    this.start = 0;
    this.end = length;
  }
}
