import { countedEdges, type EdgeCounts, isEdgeCounts } from '../base/edge-counts.ts';
import { fieldOf, hasMethods, listOf } from '../base/errors/ask.ts';
import { invalidOption } from '../base/options/check.ts';
import type { Telemetry } from './telemetry.ts';

const ACCEPTED =
  'telemetry such as createMetrics() of cmd-stream/metrics (with ofSender() or ofServer()), or a list of it';

/**
 * Checks the option `telemetry`.
 * @throws CmdStreamError `invalid-argument` naming the field, what it accepts and what came.
 */
export function resolveTelemetry(field: string, value: unknown): readonly Telemetry[] {
  if (value === undefined) return [];
  const list = listOf(value) ?? [value];
  return Object.freeze(list.map((each) => checked(field, each)));
}

/** What counts the edges of charts, of those who watch: each once. */
export function edgeCountsOf(telemetry: readonly Telemetry[]): readonly EdgeCounts[] {
  const all = telemetry.map((one) => fieldOf(one, countedEdges)).filter(isEdgeCounts);
  return [...new Set(all)];
}

function checked(field: string, value: unknown): Telemetry {
  const isTelemetry = hasMethods(value, ['ofSender']) || hasMethods(value, ['ofServer']);
  if (isTelemetry) return value as Telemetry;
  throw invalidOption(field, ACCEPTED, value);
}
