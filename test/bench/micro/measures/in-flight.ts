import { median } from '../../statistics.ts';
import type { Measure } from '../measure.ts';
import { SAMPLES } from '../sample.ts';
import { cpuUs, echoes, everythingOn, keepUnderWay, startEcho } from './echo.ts';

const FEW = 1_000;
const MANY = 100_000;

/** Whether a request costs more while many others are under way. Both ends in one process, in memory. */
export const inFlight: Measure = {
  name: 'in-flight',
  async run({ quick, requests = quick ? 100_000 : 300_000 }) {
    const { sender, close } = await startEcho('memory', { ...everythingOn, maxInFlightCommands: 2 * MANY });
    const send = (count: number) =>
      sender.sendWithDeadline(echoes.Echo(SAMPLES[count & 63] as (typeof SAMPLES)[0]), Date.now() + 60_000);
    const perRequest = async (window: number) =>
      (await cpuUs(() => keepUnderWay(Math.max(requests, 2 * window), window, send))) / Math.max(requests, 2 * window);
    await perRequest(FEW);
    await perRequest(MANY);
    const few: number[] = [];
    const many: number[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      few.push(await perRequest(FEW));
      many.push(await perRequest(MANY));
    }
    await close();
    return [
      {
        what: 'cost per request with 100,000 in flight against 1,000',
        value: median(many.map((us, round) => us / (few[round] as number))),
        unit: 'x',
        target: { kind: 'at most', bound: 1.5, stretch: 1.2 },
      },
      { what: 'with 1,000 in flight, both ends', value: median(few), unit: 'us' },
      { what: 'with 100,000 in flight, both ends', value: median(many), unit: 'us' },
    ];
  },
};
