/** The bytes of the heap that are in use after a collection; `undefined` where Node runs without `--expose-gc`. */
export function collectedHeapBytes(): number | undefined {
  if (globalThis.gc === undefined) return undefined;
  globalThis.gc();
  return process.memoryUsage().heapUsed;
}

/** The heap after collections, at three times of a run. */
export interface HeapSizes {
  /** When the run had warmed up. */
  start: number | undefined;
  middle: number | undefined;
  /** When nothing was under way any more, before closing. */
  end: number | undefined;
}
