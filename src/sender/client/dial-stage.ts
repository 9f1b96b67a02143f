/**
 * How far a dial has come: `reached` where the other end has answered, but TLS is not done; `open` where bytes can pass, but
 * no ServerInfo has come; `secure` where that goes for a connection of TLS; `introduced` where its ServerInfo has come, and
 * this side has said who it is.
 */
export type DialStage = 'reached' | 'open' | 'secure' | 'introduced';

/**
 * Description of what is missing of a dial that takes too long, and of what may be the matter.
 * @param option - where its user has set the time.
 */
export function describeSlowDial(
  address: string,
  stage: DialStage | undefined,
  timeoutMs: number,
  option = "option 'handshakeTimeoutMs'",
): string {
  const limit = `within ${timeoutMs} ms (${option})`;
  switch (stage) {
    case undefined:
      return `${address === '' ? 'no address' : `no connection to ${address}`} ${limit}`;
    case 'reached':
      return `connected to ${address}, but TLS was not set up ${limit}: is it a cmd-stream server, does it speak TLS?`;
    case 'open':
      return `connected to ${address}, but no ServerInfo came ${limit}: is it a cmd-stream server, does it speak TLS?`;
    case 'secure':
      return `connected to ${address} by TLS, but no ServerInfo came ${limit}: is it a cmd-stream server?`;
    case 'introduced':
      return `connected to ${address}, but it did not say whether this client may come in ${limit}: does its option 'authorize' answer?`;
  }
}
