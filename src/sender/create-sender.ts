import { startActorRoot } from '../base/actor-root.ts';
import { inContextOfNow, runOutside } from '../base/async-context.ts';
import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { FairTurn } from '../base/fair-turn.ts';
import { show } from '../base/options/check.ts';
import { ProcessHold } from '../base/process-hold.ts';
import { checkedRandom } from '../base/random.ts';
import { clockOf, paced, RefusalPace } from '../base/refusal-pace.ts';
import { callUser, type Warn } from '../base/warn.ts';
import { bindCodec } from '../protocol/codec/bind.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { MessageEncoder } from '../wire/message-encoder.ts';
import { parseAddress } from '../wire/transport/address.ts';
import { fixedBound } from '../wire/write-flow.ts';
import { CircuitBreaker, isCircuitBreaker } from './breaker/circuit-breaker.ts';
import { AddressBook } from './client/address-book.ts';
import { ResultBounds } from './client/backlog.ts';
import { dialer } from './client/dial.ts';
import { ClosingSignal } from './closing-signal.ts';
import { Group } from './group/group.ts';
import type { GroupStatus } from './group/status.ts';
import { circuitBreakerHooks } from './hooks/circuit-breaker-hooks.ts';
import type { SenderOptions } from './options.ts';
import { DeadlineQueue } from './request/deadline-queue.ts';
import { RequestActors } from './request/request-actors.ts';
import { SignalWatch } from './request/signal-watch.ts';
import { type ResolvedSenderOptions, resolveSenderOptions } from './resolve-options.ts';
import { SendPath } from './send-path.ts';
import { Sender } from './sender.ts';

/**
 * Connects to a service and resolves with a sender for its protocol, once a client is ready (at once with `lazy`).
 *
 * @example
 * ```ts
 * await using sender = await createSender(calc, { address: 'localhost:9000', clients: 4 });
 * const five = await sender.send(calc.Add({ a: 2, b: 3 }));
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable; `unavailable` when no client could
 * connect to any of the addresses; `server-info-mismatch` when there is another service at all of them; `cancelled` when the
 * `signal` of the options fired before. Nothing is left running then.
 */
export function createSender<P extends AnyProtocol>(protocol: P, options: SenderOptions): Promise<Sender<P>> {
  return paced(clockOf(options), connected(protocol, options));
}

async function connected<P extends AnyProtocol>(protocol: P, options: SenderOptions): Promise<Sender<P>> {
  if (fieldOf(protocol, protocolTables) === undefined) {
    throw new CmdStreamError(
      'invalid-argument',
      `createSender() takes a protocol made by defineProtocol(); got ${show(protocol)}`,
    );
  }
  const tables = protocol[protocolTables];
  const given = resolveSenderOptions(options);
  const hold = new ProcessHold(given.clock);
  const resolved: ResolvedSenderOptions = { ...given, clock: hold.clock };
  const { clock, defer, codec, maxFrameBytes, maxBufferedBytes, timings, whenSlow, inspect } = resolved;
  // One of its own: what it was told of decides what is left out.
  const warn: Warn = (message) => resolved.warn(message);
  const { commands: outgoing, results: incoming } = bindCodec(codec, tables, maxFrameBytes);

  const bounds = new ResultBounds(resolved.maxBufferedResults, resolved.maxBufferedResultBytes);
  const turn = new FairTurn(clock);
  const closing = new ClosingSignal(resolved.signal);

  // From here on nothing throws: what is started below is stopped by the group's end.
  const root = startActorRoot('sender', clock, inspect?.watch);
  const actors = inspect === undefined ? undefined : new RequestActors(root, inspect.everyNth);
  const deadlines = new DeadlineQueue(clock);
  const refusals = RefusalPace.of(clock);
  const { circuitBreaker } = resolved;
  const owned =
    circuitBreaker === undefined || isCircuitBreaker(circuitBreaker)
      ? undefined
      : new CircuitBreaker(circuitBreaker, { clock, defer, warn, parent: root });
  const breaker = isCircuitBreaker(circuitBreaker) ? circuitBreaker : owned;
  // A breaker that is shared with others lives in an actor system of its own.
  const unwatch = inspect === undefined || breaker === owned ? undefined : breaker?.watch(inspect.watch);
  // While it starts the error of createSender tells of them.
  const mismatches: CmdStreamError[] = [];
  let hasStarted = resolved.lazy;
  const random = checkedRandom(resolved.random, warn);
  const addresses = new AddressBook({
    source: resolved.address,
    refreshMs: resolved.addressRefreshMs,
    timeoutMs: timings.handshakeTimeoutMs,
    downMs: Math.max(timings.backoffMaxMs, 10),
    seed: Math.floor(random() * 2 ** 32),
    clock,
    warn,
    mismatched: (error) => {
      if (hasStarted) warn(describeMismatch(error));
      else mismatches.push(error);
    },
    changed: () => group.addressesChanged(),
    check: (address) => void parseAddress(address),
    parent: root,
  });
  const { onStatus } = resolved;
  const onUnexpectedResult =
    resolved.onUnexpectedResult === undefined ? undefined : inContextOfNow(resolved.onUnexpectedResult);
  const connect = dialer({
    transport: resolved.transport,
    serverInfo: resolved.serverInfo,
    outgoing,
    incoming,
    maxFrameBytes,
    bufferBound: fixedBound(maxBufferedBytes),
    clock,
    defer,
    holds: hold.add,
  });

  const group: Group = new Group({
    tables,
    clients: resolved.clients,
    timings,
    reconnect: resolved.reconnect,
    dispatch: resolved.dispatch,
    addresses,
    client: {
      // A socket outlives whoever caused that it was dialled.
      connect: (...dial) => runOutside(connect, ...dial),
      addresses,
      clock,
      resultEntries: tables.resultEntries,
      bounds,
      turn,
      maxInFlightCommands: resolved.maxInFlightCommands,
      handshakeTimeoutMs: timings.handshakeTimeoutMs,
      pingTimeoutMs: timings.pingTimeoutMs,
      lateTimeMs: timings.lateTimeMs,
    },
    onUnexpectedResult: (result) => {
      if (onUnexpectedResult !== undefined) callUser(warn, 'onUnexpectedResult', () => onUnexpectedResult(result));
    },
    clock,
    random,
    deadlines,
    warn,
    whenSlow,
    parent: root,
    onClosed: () => {
      // The group may have come to its end by itself: whoever waits for it must hear of that.
      path.failWaiting();
      closing.stop();
      addresses.stop();
      deadlines.stop();
      turn.stop();
      owned?.stop();
      actors?.stop();
      unwatch?.();
      // The root still hears of the group's end.
      defer(() => root.stop());
    },
  });

  const path = new SendPath({
    group,
    hooks: breaker === undefined ? resolved.hooks : circuitBreakerHooks(breaker, resolved.hooks),
    clock,
    encoder: new MessageEncoder(outgoing, maxFrameBytes),
    warn,
    whenFull: resolved.whenFull,
    maxWaiting: resolved.maxWaiting,
    maxWaitingBytes: resolved.maxWaitingBytes,
  });
  const sender = new Sender<P>({
    group,
    tables,
    options: resolved,
    requests: {
      deadlines,
      signals: new SignalWatch(),
      refusals,
      bounds,
      whenSlow,
      warn,
      actors,
      resend: (request) => path.resend(request),
      callSites: resolved.callSites,
    },
    path,
    breaker,
    hold,
  });
  if (onStatus !== undefined) sender.subscribe(onStatus);
  runOutside(() => group.start());
  closing.closes(() => void group.close());
  if (!resolved.lazy) await started(sender, group, addresses, closing);
  hasStarted = true;
  for (const error of mismatches) warn(describeMismatch(error));
  return sender;
}

/** Waits until the first attempts of the clients are through; closes, and throws, when none succeeded. */
async function started(
  sender: Sender<AnyProtocol>,
  group: Group,
  addresses: AddressBook,
  closing: ClosingSignal,
): Promise<void> {
  const status = await new Promise<GroupStatus>((resolve) => {
    const look = () => {
      const { status } = sender;
      if (status.state === 'starting') return;
      unsubscribe();
      resolve(status);
    };
    const unsubscribe = group.onChange(look);
    look();
  });
  if (status.ready > 0 && !closing.hasFired) return;
  const { error } = status;
  const isOther = addresses.areAllOther && CmdStreamError.is(error) && error.code === 'server-info-mismatch';
  await sender.close();
  closing.throwIfFired();
  if (isOther) throw error;
  throw new CmdStreamError('unavailable', `no client could connect: ${error?.message ?? 'the sender was closed'}`, {
    cause: error,
  });
}

const describeMismatch = (error: CmdStreamError): string =>
  `cmd-stream: ${error.message}; it gets no Commands, and is looked at again from time to time`;
