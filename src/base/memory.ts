import { getHeapStatistics } from 'node:v8';

/** How large the heap of the process may grow, in bytes: what `--max-old-space-size` says, or Node's own choice. */
export function heapLimitBytes(): number {
  return getHeapStatistics().heap_size_limit;
}
