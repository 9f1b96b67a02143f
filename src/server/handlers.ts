import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { show } from '../options/check.ts';
import type {
  AnyProtocol,
  CommandsOf,
  HandlerValue,
  PayloadOf,
  ResultNamesOf,
  ResultsOf,
} from '../protocol/protocol.ts';

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
   * once twice `maxBufferedBytes` wait.
   */
  send(value: Value): void | Promise<void>;
}

/** What a handler gets beside the payload. Made fresh for each Command; everything may be taken out by destructuring. */
export interface HandlerContext<out Receiver, in Value = never> {
  /** What the handlers of this server work on: the second argument of `serve`. */
  readonly receiver: Receiver;
  /** The name of the Command in the protocol. */
  readonly command: string;
  /** The Command's sequence number at its client. */
  readonly seq: number;
  /** When the Command arrived: milliseconds since the Unix epoch. */
  readonly receivedAt: number;
  /** Where the client is: `127.0.0.1:51234`. */
  readonly remoteAddress: string;
  /**
   * Fires when the connection goes or the server closes while the Command is unanswered: its Results reach nobody any
   * more. Made when it is first asked for.
   */
  readonly signal: AbortSignal;
  /**
   * Sends Results apart from returning them. A handler that has asked for it and returns `undefined` answers through
   * it, later if need be; until its last Result is sent the Command counts as in flight.
   */
  readonly proxy: ResultProxy<Value>;
}

/** What a handler may give: its Result now or later, its Results one after another, or nothing (see `context.proxy`). */
export type HandlerOutcome<Value> =
  | Value
  | Promise<Value>
  | AsyncIterable<Value>
  | Generator<Value, void, unknown>
  | void
  | Promise<void>;

/**
 * Executes the Commands of one type. An exception answers the Command with `command-failed` and its message. (An async
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

/** A Command, as an {@link Invoker} sees it. */
export interface InvokedCommand {
  /** Its name in the protocol. */
  readonly name: string;
  /** What its handler is to get. */
  readonly payload: unknown;
}

/**
 * Stands around the execution of every Command: for tracing, authorisation, limits, metrics. `next()` runs the handler
 * and gives what the handler gives (its Result, a promise, or a generator that has not begun); `next(payload)` runs it
 * with another payload. What the invoker returns is what counts; what it throws fails the Command.
 *
 * @example
 * ```ts
 * const invoker: Invoker = async (command, context, next) => {
 *   const result = await next();
 *   console.log(command.name, Date.now() - context.receivedAt);
 *   return result;
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
 * @throws CmdStreamError `invalid-argument` for one that is missing.
 */
export function handlerOf(handlers: unknown, name: string): AnyHandler {
  if (typeof handlers !== 'object' || handlers === null) {
    throw new CmdStreamError('invalid-argument', `the handlers must be an object; got ${show(handlers)}`);
  }
  const member: unknown = Reflect.get(handlers, name);
  const handler = typeof member === 'function' && comesWithObjects(handlers, name, member) ? undefined : member;
  if (typeof handler === 'function') return handler as AnyHandler;
  throw new CmdStreamError('invalid-argument', `the Command '${name}' needs a handler function; got ${show(handler)}`);
}
