import { type Finding, isReached } from './measure.ts';
import type { PieceResult } from './piece.ts';

/** The table of the pieces, and what its rows are. */
export function formatPieces(results: readonly PieceResult[]): string {
  const rows = [
    ['', 'ns', 'bytes', 'plain ns', 'plain bytes', 'ratio', 'at most', ''],
    ...results.map(({ piece, ours, plain, ratio }) => [
      piece.name,
      ours.ns.toFixed(0),
      ours.allocatedBytes.toFixed(0),
      plain.ns.toFixed(0),
      plain.allocatedBytes.toFixed(0),
      ratio.toFixed(2),
      piece.atMost.toFixed(1),
      ratio > piece.atMost ? 'OVER' : '',
    ]),
  ];
  const legend = results.map(({ piece }) => `  ${piece.name}: ${piece.operation}; against ${piece.plain}`);
  return [
    `Node ${process.version}: CPU time and bytes allocated per operation, beside what is written by hand in its place`,
    ...legend,
    '',
    ...table(rows),
  ].join('\n');
}

/** One line: what, its value, its target. */
export function formatFinding(finding: Finding): string {
  const { what, value, unit, target } = finding;
  const shown = `${value >= 100 ? value.toFixed(0) : value.toFixed(2)} ${unit}`.padStart(14);
  if (target === undefined) return `    ${what.padEnd(80)}${shown}`;
  const stretch = target.stretch === undefined ? '' : `, better ${target.stretch}`;
  const verdict = isReached(finding) ? '' : '  MISSED';
  return `${what.padEnd(84)}${shown}   ${target.kind} ${target.bound}${stretch}${verdict}`;
}

/** Lines of equal columns, the first to the left, the others to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]?.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0))) ?? [];
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
