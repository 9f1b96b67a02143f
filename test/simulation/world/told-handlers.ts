import type { Handlers } from '../../../src/index.ts';
import type { Simulation } from '../../../src/testing.ts';
import type { protocol, Work } from './protocol.ts';

type Own = Handlers<typeof protocol, undefined>;
type AnyHandler = (payload: Work, context: Context) => unknown;

/** What is looked at of a handler's context. */
interface Context {
  readonly seq: number;
  readonly remoteAddress: string;
  readonly signal: AbortSignal;
  readonly deadline: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly peer: { readonly metadata?: Readonly<Record<string, string>> | undefined };
}

/**
 * Handlers that log `began` with what they are told of the Command (how long it has, its texts, those of its client), and
 * `signal` when their signal fires. Not all ask for one.
 */
export function toldHandlers(handlers: Own, host: string, { network: { log }, clock }: Simulation): Own {
  const told =
    (handler: AnyHandler): AnyHandler =>
    (payload, context) => {
      const { seq, remoteAddress: client, deadline, metadata, peer } = context;
      const { id, style } = (payload ?? {}) as Partial<Work>;
      const isByProxy = style === 'proxy' || style === 'twice';
      const hasSignal = Number(id) % 4 !== 3;
      const leftMs = deadline === Number.POSITIVE_INFINITY ? null : deadline - clock.now();
      const token = peer.metadata?.token ?? null;
      log.add('began', host, {
        id: id ?? null,
        seq,
        client,
        leftMs,
        metadata: { ...metadata },
        token,
        hasSignal,
        isByProxy,
      });
      if (hasSignal) {
        const { signal } = context;
        const fired = () =>
          log.add('signal', host, { seq, client, code: (signal.reason as { code?: string }).code ?? null });
        if (signal.aborted) fired();
        else signal.addEventListener('abort', fired);
      }
      return handler(payload, context);
    };
  return Object.fromEntries(
    Object.entries(handlers).map(([name, handler]) => [name, told(handler as AnyHandler)]),
  ) as unknown as Own;
}
