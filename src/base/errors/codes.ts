/**
 * Every way in which the library can fail, as a closed set.
 *
 * | code | meaning |
 * |---|---|
 * | `invalid-argument` | an option, a Command or a payload handed to the library is not acceptable |
 * | `refused` | a `beforeSend` hook refused the Command; at a server, `authorize` refused a client |
 * | `circuit-open` | the circuit breaker does not allow the Command |
 * | `unavailable` | no client of the group is ready; over NATS, nobody takes the Command |
 * | `overloaded` | a bound (bytes waiting, requests pending or waiting) is reached, here or at the server |
 * | `encode-failed` | the Command or Result cannot be encoded |
 * | `timeout` | the deadline of the request passed |
 * | `cancelled` | the caller's `AbortSignal` fired, or the caller left the stream |
 * | `connect-failed` | a connection could not be opened |
 * | `handshake-timeout` | TLS and ServerInfo did not arrive in time |
 * | `server-info-mismatch` | the server introduced itself with another ServerInfo; it is looked at again with the longest backoff |
 * | `connection-lost` | the connection went while the request was under way |
 * | `protocol-error` | the peer sent bytes that are no valid frame |
 * | `frame-too-large` | the Command, or its Result (then `mayHaveExecuted` is true), is longer than this side's `maxFrameBytes` |
 * | `command-failed` | the handler of the Command threw |
 * | `command-invalid` | the server's validator, codec or limits refused the Command's payload, or it does not know the Command |
 * | `result-invalid` | the client's validator, or its codec, refused the Result's payload |
 * | `result-overflow` | Results arrived faster than the caller took them (option `whenSlow`) |
 * | `consumer-failed` | the caller's Result handler threw |
 * | `closed` | the sender, group, client or server is closed or closing |
 * | `listen-failed` | the server could not listen on its address |
 * | `internal` | a defect of the library: please report it |
 */
export type CmdStreamErrorCode =
  | 'invalid-argument'
  | 'refused'
  | 'circuit-open'
  | 'unavailable'
  | 'overloaded'
  | 'encode-failed'
  | 'timeout'
  | 'cancelled'
  | 'connect-failed'
  | 'handshake-timeout'
  | 'server-info-mismatch'
  | 'connection-lost'
  | 'protocol-error'
  | 'frame-too-large'
  | 'command-failed'
  | 'command-invalid'
  | 'result-invalid'
  | 'result-overflow'
  | 'consumer-failed'
  | 'closed'
  | 'listen-failed'
  | 'internal';

/** Traits of a code, from which all that the library decides by codes follows. A trait that is left out does not hold. */
export interface CodeTraits {
  /** Whether a send that fails by it tells against the service: for circuit breakers. */
  readonly blames: 'service' | 'service once sent' | 'nobody';
  /** Sending the same Command again may help, if it was not executed. */
  readonly retryable?: true;
  /** Its messages are the library's own words, which inspectors show; others may quote a payload, or what user code threw. */
  readonly ownWords?: true;
  /** A handler may throw it to tell its caller something; the messages of others may name hosts, or quote options. */
  readonly fromHandler?: true;
  /** A hook may throw it to say in the library's own words that this side chose not to send. */
  readonly fromHook?: true;
}

const CODES: Readonly<Record<CmdStreamErrorCode, CodeTraits>> = {
  // The service does not answer, cannot be reached, or does not hold to the protocol.
  timeout: { blames: 'service', retryable: true, ownWords: true },
  unavailable: { blames: 'service', retryable: true, ownWords: true },
  'connect-failed': { blames: 'service', retryable: true, ownWords: true },
  'handshake-timeout': { blames: 'service', retryable: true, ownWords: true },
  'server-info-mismatch': { blames: 'service', ownWords: true },
  'connection-lost': { blames: 'service', retryable: true, ownWords: true },
  'protocol-error': { blames: 'service', ownWords: true },
  'command-failed': { blames: 'service', fromHandler: true },
  // Either the Command was too large and never left, or a Result was.
  'frame-too-large': { blames: 'service once sent', ownWords: true, fromHandler: true },
  // This side chose not to send, or could not.
  refused: { blames: 'nobody', fromHandler: true, fromHook: true },
  'circuit-open': { blames: 'nobody', retryable: true, ownWords: true, fromHook: true },
  'invalid-argument': { blames: 'nobody', fromHook: true },
  'encode-failed': { blames: 'nobody' },
  closed: { blames: 'nobody', ownWords: true },
  // A burst of the caller's own fills the bounds as well; where a slow service does, the timeouts tell.
  overloaded: { blames: 'nobody', retryable: true, ownWords: true, fromHandler: true, fromHook: true },
  // The service did answer; what came is between the two sides' declarations of one type.
  'command-invalid': { blames: 'nobody', fromHandler: true },
  'result-invalid': { blames: 'nobody' },
  // The caller left, was too slow, or failed.
  cancelled: { blames: 'nobody', ownWords: true },
  'result-overflow': { blames: 'nobody', ownWords: true },
  'consumer-failed': { blames: 'nobody' },
  // Nothing to do with a service, or not known to have.
  'listen-failed': { blames: 'nobody', ownWords: true },
  internal: { blames: 'nobody' },
};

/** The traits of `code`; one that another version of the library has made up is as good as a defect. */
export function traitsOf(code: CmdStreamErrorCode): CodeTraits {
  return CODES[code] ?? CODES.internal;
}
