import { readFileSync, writeFileSync } from 'node:fs';
import type { Usage } from './dialogue.ts';

/** Linux counts the CPU time of other processes in hundredths of a second. */
const US_PER_TICK = 10_000;

/** What this process and `others` have used so far; memory since this was last called, where the system tells (Linux). */
export function usage(others: readonly number[] = []): Usage {
  const { user, system } = process.cpuUsage();
  let cpuUs = user + system;
  let peakBytes = peakOf(process.pid) ?? process.resourceUsage().maxRSS * 1024;
  for (const pid of others) {
    cpuUs += cpuOf(pid);
    peakBytes += peakOf(pid) ?? 0;
  }
  return { cpuUs, peakBytes };
}

/** The peak of the resident memory, which begins anew. */
function peakOf(pid: number): number | undefined {
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Then it is the peak of the process's whole life.
  }
  return peak === undefined ? undefined : Number(peak) * 1024;
}

function cpuOf(pid: number): number {
  // After the name, which may hold anything: state is the 3rd field, utime and stime are the 14th and the 15th.
  const stat = read(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11] ?? 0) + Number(fields[12] ?? 0)) * US_PER_TICK;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
