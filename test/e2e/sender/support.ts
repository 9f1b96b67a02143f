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

/** A stream of ticks, whole. */
export async function collect<Value>(stream: AsyncIterable<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for await (const value of stream) values.push(value);
  return values;
}
