import { inContextOfNow, runOutside } from '../base/async-context.ts';
import { RefusalPace } from '../base/refusal-pace.ts';
import { VERSION } from '../base/version.ts';
import type { SenderWatchers } from '../telemetry/watchers.ts';
import { channelTable } from '../wire/channel-life.ts';
import { engineCommands, engineWorks } from '../wire/engine.ts';
import { MessageEncoder } from '../wire/message-encoder.ts';
import { parseAddress } from '../wire/transport/address.ts';
import { fixedBound } from '../wire/write-flow.ts';
import { CircuitBreaker, isCircuitBreaker } from './breaker/circuit-breaker.ts';
import { AddressBook } from './client/address-book.ts';
import { welcomeCheck } from './client/check-welcome.ts';
import type { Connect } from './client/client.ts';
import { dialer } from './client/dial.ts';
import type { UnexpectedResult } from './client/pending-command.ts';
import type { Ground } from './ground.ts';
import { Group } from './group/group.ts';
import { circuitBreakerHooks } from './hooks/circuit-breaker-hooks.ts';
import type { Mismatches } from './mismatches.ts';
import type { ClientChanges } from './request/client-changes.ts';
import type { RequestContext } from './request/request.ts';
import { requestTable } from './request/request-table.ts';
import { SignalWatch } from './request/signal-watch.ts';
import { SendPath } from './send-path.ts';

// The parts of a sender, each made of those before it.

/** The circuit breaker, where there is one: of the sender's own, or one that it shares with others. */
export function makeBreaker({ options, root, edges, warnings, whenOver }: Ground): CircuitBreaker | undefined {
  const { circuitBreaker, clock, defer, inspect } = options;
  if (circuitBreaker === undefined) return undefined;
  if (!isCircuitBreaker(circuitBreaker)) {
    const breaker = new CircuitBreaker(circuitBreaker, { clock, defer, warnings, parent: root });
    whenOver(() => breaker.stop());
    return breaker;
  }
  // It lives in an actor system of its own.
  if (inspect !== undefined) whenOver(circuitBreaker.watch(inspect.watch));
  for (const counts of edges) whenOver(circuitBreaker.watch(counts.watch));
  return circuitBreaker;
}

/** Where the clients may connect to. */
export function makeAddresses(
  { options, random, root, warnings, whenOver }: Ground,
  mismatches: Mismatches,
): AddressBook {
  const { timings, clock } = options;
  const addresses = new AddressBook({
    source: options.address,
    refreshMs: options.addressRefreshMs,
    timeoutMs: timings.handshakeTimeoutMs,
    downMs: Math.max(timings.backoffMaxMs, 10),
    seed: Math.floor(random() * 2 ** 32),
    clock,
    warnings,
    mismatched: (error) => mismatches.found(error),
    check: (address) => void parseAddress(address),
    parent: root,
  });
  whenOver(() => addresses.stop());
  return addresses;
}

/** The clients as one, which have not begun to connect. */
export function makeGroup(ground: Ground, addresses: AddressBook): Group {
  const { tables, options, random, bounds, credit, turn, warnings, root } = ground;
  const { timings, clock } = options;
  return new Group({
    name: options.name,
    clients: options.clients,
    timings,
    reconnect: options.reconnect,
    dispatch: options.dispatch,
    addresses,
    client: {
      connect: connectOf(ground),
      addresses,
      clock,
      resultEntries: tables.resultEntries,
      bounds,
      credit,
      turn,
      maxInFlightCommands: options.maxInFlightCommands,
      handshakeTimeoutMs: timings.handshakeTimeoutMs,
      pingTimeoutMs: timings.pingTimeoutMs,
      lateTimeMs: timings.lateTimeMs,
    },
    onUnexpectedResult: unexpectedOf(ground),
    clock,
    random,
    warnings,
    parent: root,
  });
}

function connectOf({ options, codecs, credit, hold, tables, edges }: Ground): Connect {
  const { timeoutMs, metadata, timings, engine } = options;
  const common = {
    outgoing: codecs.commands,
    incoming: codecs.results,
    maxFrameBytes: options.maxFrameBytes,
    bufferBound: fixedBound(options.maxBufferedBytes),
    clock: options.clock,
    defer: options.defer,
    table: channelTable(edges),
    hello: { timeoutMs, metadata, version: VERSION, describe: false, credit: credit.first },
  };
  const connect: Connect =
    engine?.[engineWorks].dialer({
      ...common,
      commands: engineCommands(tables),
      handshakeTimeoutMs: timings.handshakeTimeoutMs,
      silenceMs: timings.keepaliveTimeMs + timings.pingTimeoutMs,
    }) ??
    dialer({
      ...common,
      transport: options.transport,
      serverInfo: options.serverInfo,
      holds: hold.add,
      checkWelcome: welcomeCheck(options.codec.name, tables),
    });
  // A socket outlives whoever caused that it was dialled.
  return (...dial) => runOutside(connect, ...dial);
}

/** The user's callback for Results that nobody waits for, in the async context of this call. */
function unexpectedOf({ options: { onUnexpectedResult }, warnings }: Ground): (result: UnexpectedResult) => void {
  if (onUnexpectedResult === undefined) return () => {};
  const tell = inContextOfNow(onUnexpectedResult);
  return (result) => warnings.callUser('onUnexpectedResult', () => tell(result));
}

/** The way from a call to the group. */
export function makePath(
  { options, codecs, warnings }: Ground,
  group: Group,
  breaker: CircuitBreaker | undefined,
): SendPath {
  const hooks = breaker === undefined ? options.hooks : circuitBreakerHooks(breaker, options.hooks);
  return new SendPath(group, new MessageEncoder(codecs.commands, options.maxFrameBytes), hooks, options, warnings);
}

/** The parts that all requests share. */
export function makeRequests(
  { options, deadlines, bounds, warnings, actors, edges }: Ground,
  path: SendPath,
  watchers: SenderWatchers,
  changes: ClientChanges,
): RequestContext {
  return {
    deadlines,
    signals: new SignalWatch(),
    refusals: RefusalPace.of(options.clock),
    bounds,
    whenSlow: options.whenSlow,
    warnings,
    actors,
    table: requestTable(edges),
    resend: (request) => path.resend(request),
    callSites: options.callSites,
    watchers,
    changes,
  };
}
