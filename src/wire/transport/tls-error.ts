import { printable } from '../../base/errors/printable.ts';
import { formatAddress } from './address.ts';
import { describeName } from './certificate.ts';
import type { Peer } from './peer.ts';

/** Meanings of Node's codes of a certificate that is refused here. */
const REFUSED: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it has been revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: `it is self-signed, and not among the authorities of 'tls.ca'`,
  SELF_SIGNED_CERT_IN_CHAIN: `its authority is self-signed, and not among those of 'tls.ca'`,
  // Of a peer that presents none, Node says this.
  UNABLE_TO_GET_ISSUER_CERT: `there is none, or its authority is not among those of 'tls.ca'`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: `its authority is not among those of 'tls.ca'`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: `its authority is not among those of 'tls.ca'`,
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_UNTRUSTED: 'its authority is not trusted for this',
  CERT_REJECTED: 'its authority rejects this use of it',
  INVALID_CA: 'what has signed it is no authority',
  INVALID_PURPOSE: 'it is not meant for this use',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  PATH_LENGTH_EXCEEDED: 'its chain is too long',
};

/** OpenSSL's reasons where what has come is no TLS: it reads a length, or a version, where something else stands. */
const NO_TLS =
  /wrong version number|packet length too long|unknown protocol|bad record type|record layer failure|http request/;

/** Finding of a server of Node's about a client's certificate: a code, though the types say otherwise. */
export type Authorization = { readonly authorizationError?: unknown };

/**
 * An error of TLS in plain words, its code kept. OpenSSL's own comes with a hash, the path of a source file and a line break
 * (`80FC...:error:0A00010B:SSL routines:ssl3_get_record:wrong version number:../deps/...c:350:`), that of a certificate
 * with what its owner has written there. Every other error stays itself.
 *
 * @param who - the other side.
 */
export function plainTlsError(error: Error, who = 'the other side'): Error {
  const message = describeTls(error, who);
  if (message === undefined) return error;
  return Object.assign(new Error(message), { code: codeOf(error) });
}

/** The same for a client that a server has not let in; Node calls a refused certificate `socket hang up`. */
export function refusedClientError(error: Error, peer: Peer | undefined, auth: Authorization): Error {
  const code = codeOf({ code: auth.authorizationError });
  const from = peer === undefined ? 'a client that is gone' : formatAddress(peer.address, peer.port);
  if (code !== undefined) {
    const of = peer?.certificate === undefined ? '' : `of ${describeName(peer.certificate)}, `;
    const message = `the client's certificate is refused: ${describeRefusal(code)}; it is ${of}from ${from}`;
    return Object.assign(new Error(message), { code });
  }
  const plain = plainTlsError(error, from);
  // What Node itself has found out, such as that the time is over, does not say of whom.
  if (plain === error) return Object.assign(new Error(`${error.message} (${from})`), { code: codeOf(error) });
  return plain;
}

function describeTls(error: Error, who: string): string | undefined {
  const code = codeOf(error) ?? '';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const { reason } = error as { reason?: unknown };
    return `the certificate is refused: it is for another name (option 'tls.servername'): ${printable(String(reason), 300)}`;
  }
  if (Object.hasOwn(REFUSED, code)) return `the certificate is refused: ${describeRefusal(code)}`;
  if (code === 'ECONNRESET' && /before secure TLS|socket hang up/.test(error.message)) {
    return `${who} closed the connection before TLS was set up: does it refuse the certificate from here, or want one?`;
  }
  const reason = reasonOf(error);
  if (reason === undefined) return undefined;
  if (NO_TLS.test(reason)) return `${who} does not speak TLS (${reason})`;
  if (/did not return a certificate/.test(reason)) return `${who} showed no client certificate`;
  const [, alert] = /alert (.*)$/.exec(reason) ?? [];
  if (alert === undefined) return `TLS failed: ${reason}`;
  const isOfCertificate = /certificate|unknown ca|access denied/.test(alert);
  if (isOfCertificate) return `${who} refuses the certificate from here: ${alert}`;
  // Before TLS 1.3 there was no alert of its own for a certificate that is missing.
  return `${who} ended TLS: ${alert}${alert === 'handshake failure' ? ': does it want a client certificate?' : ''}`;
}

function describeRefusal(code: string): string {
  return `${REFUSED[code] ?? 'it cannot be verified'} (${code})`;
}

/** OpenSSL's reason: its own field, or a part of the message; nothing where the error is not OpenSSL's. */
function reasonOf(error: Error): string | undefined {
  const { reason, library } = error as { reason?: unknown; library?: unknown };
  if (typeof reason === 'string' && typeof library === 'string') return reason;
  const [, told] = /error:[0-9A-F]+:[^:]*:[^:]*:([^:]*)/i.exec(error.message) ?? [];
  return told;
}

function codeOf(error: object): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}
