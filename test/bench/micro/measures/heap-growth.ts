import type { Measure } from '../measure.ts';
import { SAMPLES } from '../sample.ts';
import { echoes, everythingOn, heapBytes, keepUnderWay, startEcho } from './echo.ts';

/** Whether anything is left of requests that are over. Both ends in one process, in memory. */
export const heapGrowth: Measure = {
  name: 'heap-growth',
  async run({ quick, requests = quick ? 500_000 : 10_000_000 }) {
    const { sender, close } = await startEcho('memory', everythingOn);
    const send = (count: number) =>
      sender.sendWithDeadline(echoes.Echo(SAMPLES[count & 63] as (typeof SAMPLES)[0]), Date.now() + 5_000);
    await keepUnderWay(requests / 10, 1000, send);
    const early = await heapBytes();
    await keepUnderWay((requests / 10) * 9, 1000, send);
    const late = await heapBytes();
    await close();
    return [
      {
        what: `heap after ${count(requests)} requests against after ${count(requests / 10)}`,
        value: late / early,
        unit: 'x',
        target: { kind: 'at most', bound: 1.05 },
      },
      { what: 'heap at the end', value: late / 2 ** 20, unit: 'MiB' },
    ];
  },
};

function count(value: number): string {
  return value.toLocaleString('en-US');
}
