import type { SenderOptions } from 'cmd-stream';
import { ERROR, MISSING, SUM, TEXT, TICK } from '../support/calc.ts';
import type { PeerCommand, PeerScript } from '../support/scripted-peer.ts';

/** How requests run: compiled, or with an inspector attached, as actors of XState's. They must not differ. */
export const MODES: readonly [name: string, options: Pick<SenderOptions, 'inspect'>][] = [
  ['compiled', {}],
  ['inspected', { inspect: () => undefined }],
];

/** Answers like a small calculator; `Wait` is never answered. */
export function answer({ seq, type, payload, connection }: PeerCommand): void {
  const { a, b, from, key, message } = payload as { a: number; b: number; from: number; key: string; message: string };
  if (type === 0) connection.result(seq, SUM, a + b);
  if (type === 1) for (let n = from; n > 0; n--) connection.result(seq, TICK, { n, last: n === 1 });
  if (type === 2) connection.result(seq, TEXT, payload);
  if (type === 3 && key === 'known') connection.result(seq, TEXT, 'found');
  if (type === 3 && key !== 'known') connection.result(seq, MISSING, { key });
  if (type === 4) connection.result(seq, ERROR, { code: 'command-failed', message });
}

/** A script that answers everything but `Wait`. */
export const answers: PeerScript = { onCommand: answer };

/** Sends ticks without end of a stream, in two bursts: what arrives at once does not count as too much. */
export async function flood({ seq, connection }: PeerCommand): Promise<void> {
  for (let n = 20; n > 10; n--) connection.result(seq, TICK, { n, last: false });
  await new Promise((resolve) => setTimeout(resolve, 20));
  for (let n = 10; n > 1; n--) connection.result(seq, TICK, { n, last: false });
}

/** A stream, whole. */
export async function collect<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
}
