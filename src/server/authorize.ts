import type { Peer } from '../wire/transport/peer.ts';
import type { ClientConnection } from './client-connection.ts';

/**
 * Decides whether a client may come in, once its connection (and TLS) is there and before it is told anything. Only `true`, or
 * a promise of it, lets the client in: whatever else this gives, throws or rejects with refuses it.
 *
 * @example
 * ```ts
 * const authorize: Authorize = ({ certificate }, connection) => {
 *   connection.state.service = certificate?.subject.CN; // context.connection.state in handlers
 *   return certificate?.subjectAltNames.includes('URI:spiffe://shop/orders') === true;
 * };
 * ```
 */
export type Authorize = (peer: Peer, connection: ClientConnection) => boolean | PromiseLike<boolean>;
