import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { show } from '../base/options/check.ts';
import { nearest } from '../base/options/near-name.ts';
import type {
  AnyProtocol,
  CommandNameOf,
  CommandsOf,
  HandlerValue,
  PayloadOf,
  ResultNamesOf,
  ResultsOf,
} from '../protocol/protocol.ts';
import type { Metadata } from '../wire/extension/metadata.ts';
import type { Peer } from '../wire/transport/peer.ts';
import type { ClientConnection } from './client-connection.ts';

/** Sends Results of one Command while, or after, its handler runs: what `context.proxy` is. */
export interface ResultProxy<in Value> {
  /**
   * Whether Results are no longer taken: the last one was sent, the Command has failed, or the connection is gone.
   */
  readonly closed: boolean;
  /**
   * Sends a Result: the bare value where the Command declares one Result type, `{ type, value }` where it declares
   * several. Never throws: a Result that cannot be encoded fails the Command (and is told to `onHandlerError`), and
   * what comes after the end is dropped.
   *
   * @returns a promise where the handler should wait before it sends more, since the client takes its Results more
   * slowly than they come: `await context.proxy.send(...)` is always right. A Command that goes on without waiting fails
   * once twice `maxBufferedBytes` wait, or were sent beyond the credit of its stream.
   */
  send(value: Value): void | Promise<void>;
}

/** Context that a handler gets beside the payload. Made fresh for each Command; everything may be taken out by destructuring. */
export interface HandlerContext<out Receiver, in Value = never> {
  /** Receiver that the handlers of this server work on: the second argument of `serve`. */
  readonly receiver: Receiver;
  /** The name of the Command in the protocol. */
  readonly command: string;
  /** The Command's sequence number at its client. */
  readonly seq: number;
  /** When the Command arrived, or its wait for others was over: milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /**
   * When the caller gives the Command up: milliseconds since the Unix epoch, by the server's clock; Infinity: never, or the
   * client does not say so (one of cmd-stream-go, or an older one). To hand on to what the handler calls itself.
   */
  readonly deadline: number;
  /** Texts that the caller has sent along: the options `metadata` of the send and of its sender, by their keys. */
  readonly metadata: Metadata;
  /** Where the client is: `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  /** Identity of the client: its address, its TLS, and the certificate that it has shown. */
  readonly peer: Peer;
  /** The connection that the Command came by: `connection.id`, and `connection.state` for what belongs to it. */
  readonly connection: ClientConnection;
  /**
   * Fires when nobody waits for the Command any more while it is unanswered: its caller has given it up (the reason's code is
   * `cancelled`), its deadline is over (`timeout`), the connection goes (`connection-lost`) or the server closes (`closed`).
   * Of clients that do not tell (those of cmd-stream-go, and older ones) only the last two. Made when it is first asked for.
   *
   * A handler's wait is ended by this signal alone: a generator is told by `return()` as soon as it has given its next
   * Result, so that one that waits for something endless must hand the signal on (`events.on(source, name, { signal })`). And
   * a listener of your own on it must not throw: Node ends the process by what a listener throws, and it is the client who
   * chooses the moment.
   */
  readonly signal: AbortSignal;
  /**
   * Sends Results apart from returning them. A handler that returns it answers through it, later if need be; until its
   * last Result is sent the Command counts as in flight. (In JavaScript a handler that has asked for it may as well return
   * nothing.)
   */
  readonly proxy: ResultProxy<Value>;
}

/**
 * Outcome of a handler: its Result now or later, its Results one after another, or `context.proxy`, by which it sends
 * them. Nothing only where the Result carries nothing, so that a forgotten `return` does not compile.
 */
export type HandlerOutcome<Value> =
  | Value
  | Promise<Value | ResultProxy<Value>>
  | AsyncIterable<Value>
  | Generator<Value, void, unknown>
  | ResultProxy<Value>;

/**
 * Executes the Commands of one type. An exception answers the Command with `command-failed` and its message (see the option
 * `exposeErrors`). A generator is advanced only while the client takes its Results; when its client goes it is ended by
 * `return()` at its next Result, and by nothing but `context.signal` while it waits. (An async
 * handler that returns one literal and nothing else says `as const`: TypeScript would widen it.)
 */
export type Handler<Payload, Value, Receiver> = (
  payload: Payload,
  context: HandlerContext<Receiver, Value>,
) => HandlerOutcome<Value>;

/** The handlers of a protocol: one for each Command, by its name. */
export type Handlers<P extends AnyProtocol, Receiver> = {
  readonly [Name in keyof CommandsOf<P> & string]: Handler<
    PayloadOf<CommandsOf<P>[Name]>,
    HandlerValue<ResultsOf<P>, ResultNamesOf<CommandsOf<P>[Name]>>,
    Receiver
  >;
};

/**
 * Functions beside the handlers `H` that are none of a Command: a public method of theirs does not compile, since it may be
 * the handler of a Command that has another name now. (What only the handlers use is private: `#method`.)
 */
export type NoStrangers<P extends AnyProtocol, H> = {
  readonly [Name in Exclude<keyof H, CommandNameOf<P>>]: H[Name] extends (...args: never) => unknown
    ? 'the protocol has no such Command'
    : H[Name];
};

/** A Command, as an {@link Invoker} sees it. */
export interface InvokedCommand {
  /** Its name in the protocol. */
  readonly name: string;
  /** Payload for its handler. */
  readonly payload: unknown;
}

/**
 * Stands around the whole execution of every Command: for tracing, authorisation, limits, metrics. `next()` executes the
 * handler, once; `next(payload)` with another payload.
 *
 * - For a handler with one Result `next()` gives that Result, or a promise of it, and **what the invoker returns is what is
 *   sent**.
 * - For a handler that gives Results one by one (a generator, an async iterable, `context.proxy`) `next()` sends them itself and
 *   gives a promise of their number, which is settled when the last was sent and the handler has ended. What the invoker
 *   returns is ignored then.
 * - `next()` rejects (or throws, for a handler that throws at once) with what the handler throws, and with what its Results fail by.
 *   What the invoker throws then is what the client is told; where it throws nothing, a single Result is answered by what it
 *   returns, and a stream by `command-failed`, since its last Result is missing.
 * - When the client goes, `next()` of a stream rejects with the reason of `context.signal` once the handler has ended. Called
 *   after that it executes nothing and rejects with that reason as well.
 * - An invoker that throws fails the Command at once, whatever its handler still does: a generator is ended. One that returns
 *   before `next()` has settled lets a stream go on: the Command ends with it, and what it fails by is told to the client. Where
 *   a promise of a handler is still open, a value returned is the Result, and nothing returned waits for it.
 * - `next()` called again, or after the invoker has answered, executes nothing and rejects with `invalid-argument`. A rejection
 *   that the invoker does not watch is never an unhandled one.
 *
 * Each Command of a server with an invoker has an async context of its own, which starts as nobody's: whatever the invoker
 * puts there, by `AsyncLocalStorage.run` around `next()` or by `enterWith`, reaches its handler and every step of its generator,
 * and no other Command.
 *
 * @example
 * ```ts
 * const invoker: Invoker = async (command, context, next) => {
 *   try {
 *     return await next();
 *   } finally {
 *     console.log(command.name, Date.now() - context.receivedAt);
 *   }
 * };
 * ```
 */
export type Invoker<Receiver = unknown> = (
  command: InvokedCommand,
  context: HandlerContext<Receiver, unknown>,
  next: (...payload: [payload?: unknown]) => unknown,
) => unknown;

/** A handler whose types are forgotten. */
export type AnyHandler = (this: unknown, payload: unknown, context: unknown) => unknown;

/**
 * Whether every object has such a member, or every object of the class: `toString` and `constructor` are no handlers
 * unless somebody has made them so.
 */
function comesWithObjects(handlers: object, name: string, member: object): boolean {
  if (Reflect.get(Object.prototype, name) === member) return true;
  if (name !== 'constructor') return false;
  const prototype: unknown = Reflect.get(member, 'prototype');
  return (
    typeof prototype === 'object' && prototype !== null && Object.prototype.isPrototypeOf.call(prototype, handlers)
  );
}

/**
 * Finds the handlers of Commands by name.
 *
 * @param names - those of all Commands: a handler of another one is not meant.
 * @throws CmdStreamError `invalid-argument` for one that is missing.
 */
export function handlerOf(handlers: unknown, name: string, names: readonly string[] = []): AnyHandler {
  if (typeof handlers !== 'object' || handlers === null) {
    throw new CmdStreamError('invalid-argument', `the handlers must be an object; got ${show(handlers)}`);
  }
  const member = fieldOf(handlers, name);
  const handler = typeof member === 'function' && comesWithObjects(handlers, name, member) ? undefined : member;
  if (typeof handler === 'function') return handler as AnyHandler;
  const found = handler === undefined ? nearest(name, strangersIn(handlers, names)) : undefined;
  const hint = found === undefined ? '' : `; is it '${found}'?`;
  const message = `the Command '${name}' needs a handler function; got ${show(handler)}${hint}`;
  throw new CmdStreamError('invalid-argument', message);
}

/** Names among the handlers that are none of a Command. */
function strangersIn(handlers: object, names: readonly string[]): string[] {
  try {
    return Object.keys(handlers).filter((name) => !names.includes(name));
  } catch {
    return [];
  }
}
