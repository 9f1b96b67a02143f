import { spawnSync } from 'node:child_process';

/**
 * Puts processes on one core, all of them on the same. With one request under way at a time the two ends only ever wake
 * each other up, and across cores that measures the machine's wake-ups rather than what runs on it.
 *
 * @returns what takes it back; nothing where the machine has no `taskset` (Linux has).
 */
export function pinToOneCore(pids: readonly number[]): (() => void) | undefined {
  const taken: (() => void)[] = [];
  const takeBack = () => {
    for (const undo of taken) undo();
  };
  for (const pid of pids) {
    const mask = / ([0-9a-f,]+)\s*$/.exec(taskset('-p', String(pid)) ?? '')?.[1]?.replaceAll(',', '');
    const lowest = mask === undefined ? 0n : BigInt(`0x${mask}`) & -BigInt(`0x${mask}`);
    if (lowest === 0n || taskset('-a', '-p', lowest.toString(16), String(pid)) === undefined) {
      takeBack();
      return undefined;
    }
    taken.push(() => taskset('-a', '-p', mask as string, String(pid)));
  }
  return takeBack;
}

function taskset(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync('taskset', args, { encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}
