/** Names shorter than this are near by one edit only: by two, nearly each of them is near each other, as host is port. */
const SHORT = 5;

/**
 * The name among `names` that `name` was probably meant to be: the nearest by edits (a letter more, fewer, another, or
 * two swapped), of which case, underscores and hyphens are none; two at most, one where both have fewer than five
 * letters. The first of several that are equally near; undefined where none is near.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const meant = plainly(name);
  let found: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const other of names) {
    const plain = plainly(other);
    const bound = Math.max(meant.length, plain.length) < SHORT ? 1 : 2;
    if (Math.abs(meant.length - plain.length) > bound) continue;
    const edits = editsBetween(meant, plain);
    if (edits > bound || edits >= least) continue;
    found = other;
    least = edits;
  }
  return found;
}

/** `TIMEOUT_MS` and `timeout-ms` are `timeoutMs` in another convention. */
function plainly(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase();
}

/** Optimal string alignment distance: Levenshtein's, with two neighbours swapped as one edit. */
function editsBetween(from: string, to: string): number {
  let before: readonly number[] = [];
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const now = [row];
    for (let column = 1; column <= to.length; column++) {
      const differs = from[row - 1] === to[column - 1] ? 0 : 1;
      let edits = Math.min(at(last, column) + 1, at(now, column - 1) + 1, at(last, column - 1) + differs);
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        edits = Math.min(edits, at(before, column - 2) + 1);
      }
      now.push(edits);
    }
    before = last;
    last = now;
  }
  return at(last, to.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}
