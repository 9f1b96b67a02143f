import type { SessionEvent, SessionInput } from '../../machines/session.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { describeError } from '../base/errors/describe-error.ts';
import { show } from '../base/options/check.ts';
import { describePeer, type Peer } from '../wire/transport/peer.ts';
import type { ConnectionInfo } from './callback-infos.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Asks whether a client may come in, and tells the answer; in a later turn than that of the call. */
export function askAuthorize(
  { authorize }: ResolvedServerOptions,
  { peer, connection }: ConnectionInfo,
  tell: (answer: SessionEvent) => void,
): void {
  const refuse = (why: string, cause?: unknown) =>
    tell({ type: 'client.refused', error: refusedClient(peer, why, cause) });
  // Whatever is thrown, or is a promise of whatever make and realm, ends up in one of the two.
  new Promise<unknown>((resolve) => resolve(authorize?.(peer, connection))).then(
    (answer) => {
      if (answer === true) tell({ type: 'client.admitted' });
      else refuse(answer === false ? 'returned false' : `returned ${show(answer)}, which is not true`);
    },
    (error: unknown) => refuse(`failed: ${describeError(error)}`, error),
  );
}

/** Input of a session about admission: whether clients are authorized, and within what time. */
export function authorization(
  options: ResolvedServerOptions,
): Pick<SessionInput, 'authorizes' | 'offers' | 'authorizeTimeoutMs'> {
  return {
    authorizes: options.authorize !== undefined,
    offers: !options.goClients,
    authorizeTimeoutMs: options.handshakeTimeoutMs,
  };
}

/** Tells the operator of a client that may not come in; without an error nobody has said in time whether it may. */
export function tellRefused(
  { onAcceptError, handshakeTimeoutMs }: ResolvedServerOptions,
  peer: Peer,
  error: unknown,
): void {
  const overdue = `did not answer within ${handshakeTimeoutMs} ms (option 'handshakeTimeoutMs')`;
  onAcceptError(error === undefined ? refusedClient(peer, overdue) : CmdStreamError.from(error), peer);
}

function refusedClient(peer: Peer, why: string, cause?: unknown): CmdStreamError {
  return new CmdStreamError('refused', `${describePeer(peer)} was not let in: option 'authorize' ${why}`, { cause });
}
