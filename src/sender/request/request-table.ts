import { type RequestEvent, type RequestLink, requestMachine } from '../../../machines/request.ts';
import { type CompiledMachine, compileMachine } from '../../base/compile.ts';
import { countedBy, type EdgeCounts } from '../../base/edge-counts.ts';

/** The request machine as a table. */
export type RequestTable = CompiledMachine<{ link: RequestLink }, RequestEvent>;

/** The table that requests walk where nobody counts. */
export const REQUEST_TABLE: RequestTable = compileMachine(requestMachine);

/** The table that requests walk, counted by all of these. */
export function requestTable(edges: readonly EdgeCounts[]): RequestTable {
  return countedBy(edges, REQUEST_TABLE);
}
