import { expect, it } from 'vitest';
import { calc, TICK } from '../support/calc.ts';
import { type PeerConnection, resultFrame } from '../support/scripted-peer.ts';
import { adds, onePlusOne, stage } from './stage.ts';

const { peer, sender } = stage();

/** So many times the bytes of one frame, and then a Result that nobody waits for. */
function flood(connection: PeerConnection, frame: Uint8Array, times: number): void {
  connection.raw(
    Buffer.concat([Buffer.alloc(frame.length * times, frame), resultFrame(9_999, TICK, { n: 0, last: true })]),
  );
}

it.each([
  ['E1: Pongs', Uint8Array.of(0), 10_000_000],
  ['E1: Results of nobody', resultFrame(77, TICK, { n: 1, last: false }), 500_000],
  ['E1: Results of a stream', resultFrame(1, TICK, { n: 1, last: false }), 500_000],
])('%s without a pause do not starve what else the process does', async (_, frame, times) => {
  const honest = await sender({ address: (await peer(adds)).address });
  const flooding = await peer({ onCommand: ({ type, connection }) => type === 1 && flood(connection, frame, times) });
  let isOver = false;
  const flooded = await sender({
    address: flooding.address,
    onUnexpectedResult: ({ seq }) => {
      isOver ||= seq === 9_999;
    },
  });
  const stream = flooded.sendMulti(calc.Countdown({ from: 3 }), () => undefined);
  stream.catch(() => undefined);
  let asked = 0;
  while (!isOver) {
    expect(await honest.send(onePlusOne, { timeoutMs: 60_000 })).toBe(2);
    asked++;
  }
  // Thousands on a quiet machine, two or three where a server is read for as long as it sends.
  expect(asked).toBeGreaterThan(100);
});
