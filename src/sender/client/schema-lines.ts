import { Backlog, type Cover, type Pressure, type ResultBounds, type WhenSlow } from './backlog.ts';
import type { Carrier } from './pending-command.ts';

/** The Results of one Command that wait for an asynchronous schema, in order. */
interface SchemaLine {
  tail: Promise<void>;
  readonly backlog: Backlog;
  readonly whenSlow: WhenSlow;
}

/** Is told when it has changed how much of a Command waits for its schema. */
export type OnPressure = (seq: number, pressure: Pressure) => void;

/** The Results of one connection that wait for asynchronous schemas: a line for each Command that has some. */
export class SchemaLines {
  readonly #bounds: ResultBounds;
  readonly #cover: Cover | undefined;
  readonly #onPressure: OnPressure;
  readonly #lines = new Map<number, SchemaLine>();

  /** @param cover - what the server is granted at most for a stream; none where it waits for nothing. */
  constructor(bounds: ResultBounds, cover: Cover | undefined, onPressure: OnPressure) {
    this.#bounds = bounds;
    this.#cover = cover;
    this.#onPressure = onPressure;
  }

  /** Whether a Result of this Command must wait for one before it. */
  has(seq: number): boolean {
    return this.#lines.size > 0 && this.#lines.has(seq);
  }

  /** Why no more Results of a Command may wait; nothing where they may. */
  refusal(seq: number, carrier: Carrier, whenSlow: WhenSlow): string | undefined {
    const backlog = this.#lines.get(seq)?.backlog;
    return backlog?.refuses(carrier, whenSlow) ? backlog.describe(carrier.deliveries, whenSlow) : undefined;
  }

  /** Has `check` done once the checks of all Results before it are. */
  add(seq: number, weight: number, delivery: number, whenSlow: WhenSlow, check: () => Promise<void> | undefined): void {
    const line = this.#lines.get(seq) ?? this.#newLine(whenSlow);
    this.#lines.set(seq, line);
    if (this.#cover !== undefined) line.backlog.heaviest = Math.max(weight, line.backlog.heaviest);
    line.backlog.add(weight, delivery);
    line.tail = line.tail.then(check).then(() => this.#checked(seq, line, weight));
    this.#assess(seq, line);
  }

  /** Drops what waits for a Command that is over: its schema may never settle. */
  drop(seq: number): void {
    if (this.#lines.size === 0) return;
    this.#lines.get(seq)?.backlog.clear();
    this.#lines.delete(seq);
  }

  /** Drops all that waits. */
  clear(): void {
    for (const { backlog } of this.#lines.values()) backlog.clear();
    this.#lines.clear();
  }

  #newLine(whenSlow: WhenSlow): SchemaLine {
    const backlog = new Backlog(this.#bounds);
    backlog.cover = this.#cover;
    return { tail: Promise.resolve(), backlog, whenSlow };
  }

  #checked(seq: number, line: SchemaLine, weight: number): void {
    if (this.#lines.get(seq) !== line) return;
    line.backlog.remove(weight);
    if (line.backlog.count === 0) this.#lines.delete(seq);
    this.#assess(seq, line);
  }

  #assess(seq: number, { backlog, whenSlow }: SchemaLine): void {
    if (whenSlow === 'pause' && backlog.reassess()) this.#onPressure(seq, backlog.pressure);
  }
}
