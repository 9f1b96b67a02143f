import { median } from '../../statistics.ts';
import type { Measure } from '../measure.ts';
import { SAMPLES } from '../sample.ts';
import { cpuUs, echoes, keepUnderWay, startEcho } from './echo.ts';

/** Results of one stream, and streams at a time. */
const RESULTS = 1000;
const STREAMS = 10;

/** What Results cost that come as a stream, and what those that come one by one. Both ends in one process, over TCP. */
export const streams: Measure = {
  name: 'streams',
  async run({ quick, requests = quick ? 50_000 : 200_000 }) {
    const { sender, close } = await startEcho('tcp');
    const single = (count: number) => sender.send(echoes.Echo(SAMPLES[count & 63] as (typeof SAMPLES)[0]));
    const stream = async () => {
      let seen = 0;
      for await (const _ of sender.sendMulti(echoes.Count(RESULTS))) seen++;
      if (seen !== RESULTS) throw new Error(`${seen} Results in place of ${RESULTS}`);
    };
    const singles = async () => (await cpuUs(() => keepUnderWay(requests, 1000, single))) / requests;
    const multis = async () => (await cpuUs(() => keepUnderWay(requests / RESULTS, STREAMS, stream))) / requests;
    await singles();
    await multis();
    const singleUs: number[] = [];
    const multiUs: number[] = [];
    for (let round = 0; round < (quick ? 3 : 7); round++) {
      singleUs.push(await singles());
      multiUs.push(await multis());
    }
    await close();
    return [
      {
        what: 'Results per second of sendMulti against single Results, both ends on one core',
        value: median(singleUs.map((us, round) => us / (multiUs[round] as number))),
        unit: 'x',
        target: { kind: 'at least', bound: 1.5, stretch: 3 },
      },
      { what: 'a single Result, both ends', value: median(singleUs), unit: 'us' },
      { what: 'a Result of a stream, both ends', value: median(multiUs), unit: 'us' },
    ];
  },
};
