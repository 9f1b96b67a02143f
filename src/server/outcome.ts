/**
 * The Results of a handler that gives several: of an async iterable, or of a generator. Other iterables (arrays, maps)
 * are values, and so one Result.
 */
export function resultsOf(outcome: object): Iterator<unknown> | AsyncIterator<unknown> | undefined {
  if (Symbol.asyncIterator in outcome) return (outcome as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  if (Symbol.iterator in outcome && 'next' in outcome) return (outcome as Iterable<unknown>)[Symbol.iterator]();
  return undefined;
}
