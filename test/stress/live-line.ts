import type { Progress } from './stress.ts';

/** How often the line is written on a terminal, and where lines stay. */
const EVERY_MS = { terminal: 500, elsewhere: 10_000 };

/** Where the line goes. */
export interface LineStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** What a run is doing, in one line. */
export function describeProgress(now: Progress, before: Progress | undefined): string {
  const seconds = (now.elapsedMs - (before?.elapsedMs ?? 0)) / 1000;
  const rate = seconds > 0 ? (now.settled - (before?.settled ?? 0)) / seconds : 0;
  const outcomes = now.outcomes.map(([outcome, count]) => `${outcome} ${count}`).join(' ');
  return [
    `${(now.elapsedMs / 1000).toFixed(0)}/${(now.durationMs / 1000).toFixed(0)} s`,
    `${rate.toFixed(0)}/s`,
    `${now.inFlight} in flight`,
    `${now.restarts} restarts`,
    `${now.verifyErrors} verify errors`,
    `heap ${(now.heapBytes / 2 ** 20).toFixed(0)} MB`,
    outcomes,
  ].join(' | ');
}

/** Writes the line again and again: over itself on a terminal, below each other elsewhere. Returns what ends it. */
export function showProgress(stream: LineStream, progress: () => Progress): () => void {
  let before: Progress | undefined;
  const show = () => {
    const now = progress();
    const line = describeProgress(now, before);
    before = now;
    // A line that wraps could not be written over.
    stream.write(stream.isTTY === true ? `\r\x1b[K${line.slice(0, (stream.columns ?? 80) - 1)}` : `${line}\n`);
  };
  const timer = setInterval(show, stream.isTTY === true ? EVERY_MS.terminal : EVERY_MS.elsewhere);
  return () => {
    clearInterval(timer);
    if (stream.isTTY === true) stream.write('\r\x1b[K');
  };
}
