import { randomBytes } from 'node:crypto';
import type { Message } from '../../message.ts';
import { median } from '../../statistics.ts';
import { raw } from '../../systems/raw.ts';
import type { Finding, Measure } from '../measure.ts';
import { sampleMessage } from '../sample.ts';
import { echoes, keepUnderWay, startEcho } from './echo.ts';

const MEBIBYTE = 2 ** 20;
/** As many payloads are under way at a time. */
const WINDOW = 8;

/** How fast payloads of 1 MiB are echoed, beside the raw row of the bench. All ends in one process, over TCP. */
export const largePayloads: Measure = {
  name: 'large-payloads',
  async run({ quick, requests = quick ? 64 : 256 }) {
    const { sender, close } = await startEcho('tcp', { timeoutMs: Number.POSITIVE_INFINITY });
    const rawServer = await raw.startServer(0);
    const rawClient = await raw.startClient(rawServer.address, 1);
    const rounds = quick ? 3 : 9;
    const findings: Finding[] = [];
    for (const [kind, payload] of Object.entries({ text: makeText(), bytes: randomBytes(MEBIBYTE) })) {
      // The types know of texts only; both sides send what they are given.
      const message = { ...sampleMessage(1), String: payload } as Message;
      const ours = () => sender.send(echoes.Echo(message));
      const theirs = () => rawClient.echo(message);
      const ourRates: number[] = [];
      const rawRates: number[] = [];
      await bytesPerSecond(requests, ours);
      await bytesPerSecond(requests, theirs);
      for (let round = 0; round < rounds; round++) {
        ourRates.push(await bytesPerSecond(requests, ours));
        rawRates.push(await bytesPerSecond(requests, theirs));
      }
      findings.push(
        {
          what: `1 MiB payloads of ${kind}: bytes per second as a share of raw`,
          value: median(ourRates.map((rate, round) => rate / (rawRates[round] as number))),
          unit: 'x',
          target: { kind: 'at least', bound: 0.9, stretch: 1 },
        },
        { what: `${kind}, to the server and back`, value: median(ourRates) / MEBIBYTE, unit: 'MiB/s' },
        { what: `${kind}, raw`, value: median(rawRates) / MEBIBYTE, unit: 'MiB/s' },
      );
    }
    await close();
    await rawClient.close();
    await rawServer.close();
    return findings;
  },
};

function makeText(): string {
  return randomBytes(MEBIBYTE / 2).toString('hex');
}

async function bytesPerSecond(requests: number, echo: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now();
  await keepUnderWay(requests, WINDOW, echo);
  return (requests * MEBIBYTE * 1000) / (performance.now() - startMs);
}
