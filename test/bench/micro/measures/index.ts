import type { Measure } from '../measure.ts';
import { heapGrowth } from './heap-growth.ts';
import { idleConnections } from './idle-connections.ts';
import { inFlight } from './in-flight.ts';
import { largePayloads } from './large-payloads.ts';
import { requestLife } from './request-life.ts';
import { requestMemory } from './request-memory.ts';
import { streams } from './streams.ts';

/** All measures, in the order of the table of what the library promises. */
export const MEASURES: readonly Measure[] = [
  requestLife,
  inFlight,
  requestMemory,
  heapGrowth,
  streams,
  largePayloads,
  idleConnections,
];
