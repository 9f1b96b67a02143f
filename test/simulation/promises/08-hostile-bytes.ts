import type { Past, Violation } from '../history.ts';
import type { Lie } from '../schedule.ts';
import { BREACHES } from '../world/lies.ts';

const promise = '8';

/** What the library warns of, as it should, when the user's code or name service fails. */
const EXPECTED = [/^cmd-stream: the hook '\w+' failed/, /^cmd-stream: the address resolver failed/];

/** No byte sequence crashes either side: nothing is thrown that nobody catches, and no error is a defect. */
export function* hostileBytes({ run, sends, entries, corrupted, corruption }: Past): Generator<Violation> {
  for (const warning of run.warnings) {
    if (EXPECTED.some((pattern) => pattern.test(warning))) continue;
    // Another ServerInfo, or WELCOME, is one that was changed on its way, or a liar's.
    if (
      /^cmd-stream: \S+ (introduced itself as|is another service:)/.test(warning) &&
      (corrupted || run.schedule.liar !== null)
    )
      continue;
    yield { promise, atMs: run.durationMs, message: `nobody expected: ${warning}` };
  }
  for (const { id, settled } of sends.values()) {
    for (const { code, atMs } of settled) {
      if (code !== 'internal' && /^[a-z-]+$/.test(code)) continue;
      yield { promise, id, atMs, message: `send ${id} ended with ${code}` };
    }
  }
  // What a liar does to a connection beyond what can be read is its own fault.
  const breached = entries.some(({ kind, details }) => kind === 'lie' && BREACHES.includes(details.lie as Lie));
  for (const { kind, details, atMs, who } of entries) {
    if (kind === 'server.failed')
      yield { promise, atMs, message: `a server did not start: ${JSON.stringify(details)}` };
    if (kind !== 'connectionLost' && kind !== 'client') continue;
    const { code } = details;
    // A frame over the limit is its own request's fault, and ends no connection.
    const isBlamed = code === 'protocol-error' || code === 'frame-too-large';
    if (breached && kind === 'client' && isBlamed) continue;
    const isStranger = kind === 'connectionLost' && String(details.client).startsWith('stranger');
    const isChanged = corrupted && (kind === 'client' || !corruption.isClean(details.client, who));
    if (code !== 'internal' && (!isBlamed || isChanged || isStranger)) continue;
    yield { promise, atMs, message: `a connection ended with ${code}, with no byte changed on its way` };
  }
}
