import type { Clock, Defer } from '../base/clock.ts';
import type { Log } from '../base/log.ts';
import type { Random } from '../base/random.ts';
import type { Inspect } from '../inspect/options.ts';
import type { Codec } from '../protocol/codec/codec.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Engine } from '../wire/engine.ts';
import type { ClientTlsOptions } from '../wire/transport/tls-options.ts';
import type { Transport } from '../wire/transport/transport.ts';
import type { CircuitBreaker } from './breaker/circuit-breaker.ts';
import type { CircuitBreakerOptions } from './breaker/options.ts';
import type { AddressResolver } from './client/address-book.ts';
import type { UnexpectedResult } from './client/pending-command.ts';
import type { DispatchOption } from './group/dispatch.ts';
import type { HooksFactory } from './hooks/hooks.ts';
import type { StatusEvent } from './status.ts';

/** How a client finds out that its peer has gone silent. */
export interface KeepaliveOptions {
  /**
   * A Ping is sent when the server has not been seen to read, or nothing was sent to it, for so long. That it reads is
   * shown by answers to Pings and by Results of Commands that were sent after the last such sign; bytes that merely
   * arrive do not show it. Default 3000.
   */
  readonly timeMs?: number | undefined;
  /**
   * The connection is lost when the Ping is not answered within this time, and the time that all that is under way (in
   * front of the Ping, and of its answer) takes at 64 KiB a second. It counts only while this side reads. Default 3000.
   */
  readonly timeoutMs?: number | undefined;
}

/**
 * How long clients wait before they dial again: a random time up to a bound, which starts at `initialMs`, grows by
 * `factor` with each attempt, and never passes `maxMs` (exponential backoff with full jitter).
 */
export interface BackoffOptions {
  /** Default 100. */
  readonly initialMs?: number | undefined;
  /** Default 10 000. */
  readonly maxMs?: number | undefined;
  /** Default 2. */
  readonly factor?: number | undefined;
  /** A connection that has lived so long sets the bound back to `initialMs`. Default 1000. */
  readonly resetAfterMs?: number | undefined;
}

/** Options of {@link createSender}. Durations are in milliseconds, sizes in bytes. */
export interface SenderOptions {
  /**
   * Where the service is: `'host:port'` (`'[::1]:9000'` for IPv6), several of them, or a function that finds out: it is
   * asked at the start, whenever a connection fails, and every `addressRefreshMs`; while connections keep failing once a
   * second, and less often while it fails itself.
   */
  readonly address: string | readonly string[] | AddressResolver;
  /**
   * Name of the sender, for people: 1 to 64 printable characters. It stands in `status`, in lines of the log, in errors, in the
   * inspector, and as the attribute `cmd_stream.name` of metrics: a sender for each user or tenant should have none of its own. Default: none.
   */
  readonly name?: string | undefined;
  /** How often an address function is asked although nothing failed; Infinity: never. Default 30 000. */
  readonly addressRefreshMs?: number | undefined;
  /** How many connections to keep: each has an address of its own, and goes back there when it can. Default 1. */
  readonly clients?: number | undefined;
  /** The payload format; the server's must be the same. Default `msgpack()`. */
  readonly codec?: Codec | undefined;
  /**
   * The ServerInfo that the server must introduce itself with: a text, several of them (for the time of a rolling
   * upgrade), or a function that says whether it will do. A server with another one is not used, and looked at again after
   * `reconnect.maxMs` at most. Default `'default'`.
   */
  readonly serverInfo?: string | readonly string[] | ((info: string) => boolean) | undefined;
  /** Encrypts the connections; `true` for the defaults of Node, or certificates and more. Default: plain TCP. */
  readonly tls?: ClientTlsOptions | true | undefined;
  /** Another way to reach the server, for instance `memoryTransport()`. Excludes `tls`. */
  readonly transport?: Transport | undefined;

  /** The deadline of a `send` that does not bring its own, from its call on; Infinity: none. Default 30 000. */
  readonly timeoutMs?: number | undefined;
  /** The same for `sendMulti`, over all Results. Default Infinity. */
  readonly multiTimeoutMs?: number | undefined;
  /** Whether sends wait for a ready client, bounded by their deadline, in place of failing at once. Default false. */
  readonly waitForReady?: boolean | undefined;
  /** Behaviour of a send when every ready client is full: `'fail'` with `overloaded`, or `'wait'`. Default `'fail'`. */
  readonly whenFull?: 'fail' | 'wait' | undefined;
  /** How many sends may wait for a ready client, for room, or for a `beforeSend` hook. Default 10 000. */
  readonly maxWaiting?: number | undefined;
  /**
   * How many bytes those that wait may have together: a Command that has to wait is encoded at the call of its send, and
   * carries the value of that moment. Beyond it a send fails with `overloaded`. Default 16 MiB.
   */
  readonly maxWaitingBytes?: number | undefined;
  /** How many Commands may wait for Results at each client, those on its old connections counted. Default 100 000. */
  readonly maxInFlightCommands?: number | undefined;
  /** Older name of `maxInFlightCommands`; one of the two at most. */
  readonly maxPending?: number | undefined;
  /** How many bytes may wait to be written at each client. Default 16 MiB. */
  readonly maxBufferedBytes?: number | undefined;
  /**
   * Policy for a stream whose Results come faster than its consumer takes them. `'pause'`: the server waits, by the credit of
   * the stream, and nobody else does. One that knows no credit (of cmd-stream-go, with `goClients`) waits since its connection is read
   * on only as the consumer takes them, and new Commands go over another connection; for as long as other Commands are under
   * way on the same one it is read on for them, and where `maxBufferedResultBytes` wait, they wait for the stream for a second at most,
   * and then it fails with `result-overflow`. `'fail'`: it fails with `result-overflow` as soon as `maxBufferedResults` or
   * `maxBufferedResultBytes` wait. The same holds for Results that wait for an asynchronous schema. Default `'pause'`.
   */
  readonly whenSlow?: 'pause' | 'fail' | undefined;
  /**
   * How many Results of one stream may wait for their consumer, those under way among them: no more credit is granted. Of a server that
   * knows no credit, beside those that arrive at once with the same bytes: beyond it the stream is slow (see `whenSlow`). Default 1024.
   */
  readonly maxBufferedResults?: number | undefined;
  /**
   * How many bytes of Results of one stream may wait for their consumer; each counts its bytes on the wire, or what it
   * takes in memory where that is much more, and 64. Credit is granted for 3/8 of it; of a server that knows none the stream is slow from
   * half of it on (see `whenSlow`). All streams of the sender together may keep four times as much: beyond that those wait, or fail, that keep more than
   * an equal share of it. One Result is always taken, whatever its size. Default 16 MiB.
   */
  readonly maxBufferedResultBytes?: number | undefined;
  /**
   * The longest payload that is sent or accepted: a longer one fails its own request with `frame-too-large`. One that would
   * take 16 times as much memory once it is read is refused as well. Default 4 MiB.
   */
  readonly maxFrameBytes?: number | undefined;

  /**
   * Texts that servers are told of this sender when they are connected to, for `context.peer.metadata` and `authorize`: a token, a
   * name. Keys of a to z, 0 to 9, `.`, `_` and `-`, 8,000 bytes in all. Default: none.
   */
  readonly metadata?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * Keys of metadata that a Command hands on to those that are sent `within` it, beside `traceparent`, `tracestate` and `baggage`.
   * `'ambient'`: those three, and whatever a handler of this process sends by this sender is sent within its Command,
   * without `within` (kept by an `AsyncLocalStorage`). Default: those three.
   */
  readonly propagate?: readonly string[] | 'ambient' | undefined;

  /** How the client for a Command is chosen among those that are ready. Default `'round-robin'`. */
  readonly dispatch?: DispatchOption | undefined;
  /** Whether a lost connection is opened again, and how patiently. Default true. */
  readonly reconnect?: boolean | BackoffOptions | undefined;
  /** Whether silent peers are found out. Default true. */
  readonly keepalive?: boolean | KeepaliveOptions | undefined;
  /**
   * For dialling, TLS and ServerInfo together. A process that was busy when it ran out gets the time again that it did not
   * look, once. Default 10 000.
   */
  readonly handshakeTimeoutMs?: number | undefined;
  /**
   * How long `drain`, `closeAndWait` and `await using` wait for Results that are under way; and how long a client whose
   * address is gone waits for those on its old connection. Default 10 000.
   */
  readonly drainTimeoutMs?: number | undefined;
  /** `true`: do not wait for a connection in `createSender`; it then never fails for want of one. Default false. */
  readonly lazy?: boolean | undefined;
  /**
   * Ends what `createSender` makes, as the `signal` of Node's `server.listen` does. Where it fires before, or while the
   * sender connects, `createSender` rejects with `cancelled` and leaves nothing behind; where it fires later, the sender is
   * closed at once, as by `close()`. Nothing listens to it once the sender is closed. Default: none.
   */
  readonly signal?: AbortSignal | undefined;

  /** Fails sends at once while the service is down: its settings, or a breaker shared with others. Default: none. */
  readonly circuitBreaker?: CircuitBreakerOptions | CircuitBreaker | undefined;
  /** Makes the hooks of each send; the circuit breaker is asked before them. Default: none. */
  readonly hooks?: HooksFactory | undefined;
  /**
   * Whether the stack of an error that a send fails with says where the send was called, below its own frames. Costs a
   * walk over the stack (some microseconds) for each send, failed or not. Default false.
   */
  readonly callSites?: boolean | undefined;
  /** Gets Results that nobody waits for any more. Default: they are dropped. */
  readonly onUnexpectedResult?: ((result: UnexpectedResult) => void) | undefined;
  /**
   * Watches all sends and connections of the sender: `createMetrics()` of `cmd-stream/metrics`, or a {@link Telemetry} of your own; one or a
   * list. Default: none, at no cost.
   */
  readonly telemetry?: Telemetry | readonly Telemetry[] | undefined;
  /**
   * Gets a line for each change of the group, its clients and the breaker: `console`, or a logger of pino's kind; `info()` where it is for the
   * better, `warn()` where it is not. No payloads. Default: none.
   */
  readonly log?: Log | undefined;
  /** Gets each change of the group, its clients and the breaker, until the group is `closed`. */
  readonly onStatus?: ((event: StatusEvent) => void) | undefined;
  /**
   * Observer of the statecharts, live: the group, each client (`client 2 @ localhost:9000`) and its connections, the
   * addresses, the sender's own circuit breaker and every request (`request 1041 Add`). Told at the end of the turn. An XState inspection observer or function, an inspector of
   * `@statelyai/inspect`, `createLocalInspector()` of `cmd-stream/inspect`; or `{ observer, everyNth, payloads }`. Costs
   * speed for the requests that are shown. Default: none, at no cost.
   */
  readonly inspect?: Inspect | undefined;

  /** For tests: time. */
  readonly clock?: Clock | undefined;
  /** For tests: the end of a turn. */
  readonly defer?: Defer | undefined;
  /** For tests: the jitter of waits, and who begins at which address; a number from 0 to below 1. What is none is replaced, with a warning. */
  readonly random?: Random | undefined;
}

/** Options of {@link createSender} for a service that is reached by an engine: that knows where it is, and how to get there. */
export interface EngineSenderOptions
  extends Omit<SenderOptions, 'address' | 'addressRefreshMs' | 'serverInfo' | 'tls' | 'transport'> {
  /** Way to the service beside byte streams: `natsEngine()` of `cmd-stream/nats`, the same as the server's. */
  readonly engine: Engine;
}
