import { CircuitBreaker } from '../breaker/circuit-breaker.ts';
import { resolveCircuitBreakerOptions } from '../breaker/options.ts';
import { AddressBook } from '../client/address-book.ts';
import { dialer } from '../client/dial.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { Group } from '../group/group.ts';
import type { GroupStatus } from '../group/status.ts';
import { circuitBreakerHooks } from '../hooks/circuit-breaker-hooks.ts';
import { show } from '../options/check.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { ERROR_RESULT_NAME } from '../protocol/reserved.ts';
import { DeadlineQueue } from '../request/deadline-queue.ts';
import { startActorRoot } from '../system/actor-root.ts';
import { callUser } from '../system/warn.ts';
import { parseAddress } from '../transport/address.ts';
import { resolveSenderOptions, type SenderOptions } from './options.ts';
import { Sender } from './sender.ts';

/**
 * Connects to a service and resolves with a sender for its protocol, once a client is ready (at once with `lazy`).
 *
 * @example
 * ```ts
 * await using sender = await createSender(calc, { address: 'localhost:9000', clients: 4 });
 * const five = await sender.send(calc.Add({ a: 2, b: 3 }));
 * ```
 * @throws CmdStreamError `invalid-argument` for options that are not acceptable; `unavailable` when the first attempt of
 * every client has failed; `server-info-mismatch` when the server is another one. Nothing is left running then.
 */
export async function createSender<P extends AnyProtocol>(protocol: P, options: SenderOptions): Promise<Sender<P>> {
  const tables = protocol?.[protocolTables];
  if (tables === undefined) {
    throw new CmdStreamError(
      'invalid-argument',
      `createSender() takes a protocol made by defineProtocol(); got ${show(protocol)}`,
    );
  }
  const resolved = resolveSenderOptions(options);
  const { clock, defer, warn, codec, maxFrameBytes, maxBufferedBytes, timings, maxBufferedResults } = resolved;
  const root = startActorRoot('sender', clock, resolved.inspect);
  const deadlines = new DeadlineQueue(clock);
  const owned = ownBreaker(resolved.circuitBreaker);
  const addresses = new AddressBook({
    source: resolved.addresses,
    refreshMs: resolved.addressRefreshMs,
    clock,
    warn,
    changed: () => group.addressesChanged(),
    check: (address) => void parseAddress(address),
  });
  const commandTypes = tables.commandEntries.map(({ name }) => name);
  const resultTypes = [...tables.resultEntries.map(({ name }) => name), ERROR_RESULT_NAME];
  const { onUnexpectedResult, onStatus } = resolved;

  const group: Group = new Group({
    clients: resolved.clients,
    timings,
    reconnect: resolved.reconnect,
    dispatch: resolved.dispatch,
    addresses,
    client: {
      connect: dialer({
        transport: resolved.transport,
        serverInfo: resolved.serverInfo,
        outgoing: codec.bind({ kind: 'command', types: commandTypes, maxPayloadBytes: maxFrameBytes }),
        incoming: codec.bind({ kind: 'result', types: resultTypes, maxPayloadBytes: maxFrameBytes }),
        maxFrameBytes,
        maxBufferedBytes,
        clock,
        defer,
      }),
      addresses,
      clock,
      resultEntries: tables.resultEntries,
      errorType: tables.errorType,
      maxBufferedResults,
      maxPending: resolved.maxPending,
      handshakeTimeoutMs: timings.handshakeTimeoutMs,
      pingTimeoutMs: timings.pingTimeoutMs,
    },
    onUnexpectedResult: (result) => {
      if (onUnexpectedResult !== undefined) callUser(warn, 'onUnexpectedResult', () => onUnexpectedResult(result));
    },
    clock,
    random: resolved.random,
    deadlines,
    warn,
    parent: root,
    onClosed: () => {
      addresses.stop();
      deadlines.stop();
      owned?.stop();
      // The root still hears of the group's end.
      defer(() => root.stop());
    },
  });

  function ownBreaker(breaker: typeof resolved.circuitBreaker): CircuitBreaker | undefined {
    if (breaker === undefined || breaker instanceof CircuitBreaker) return undefined;
    return new CircuitBreaker(resolveCircuitBreakerOptions(breaker), { clock, defer, warn, parent: root });
  }

  const breaker = owned ?? (resolved.circuitBreaker as CircuitBreaker | undefined);
  const sender = new Sender<P>({
    group,
    tables,
    options: resolved,
    requests: {
      deadlines,
      maxBufferedResults,
      warn,
      inspectedBy: resolved.inspect === undefined ? undefined : root,
    },
    hooks: breaker === undefined ? resolved.hooks : circuitBreakerHooks(breaker, resolved.hooks),
    breaker,
  });
  if (onStatus !== undefined) sender.subscribe((event) => callUser(warn, 'onStatus', () => onStatus(event)));
  group.start();
  if (!resolved.lazy) await started(sender);
  return sender;
}

/** Waits until the first attempts of the clients are through; closes, and throws, when none succeeded. */
async function started(sender: Sender<AnyProtocol>): Promise<void> {
  const status = await new Promise<GroupStatus>((resolve) => {
    const look = () => {
      const { status } = sender;
      if (status.state === 'starting') return;
      unsubscribe();
      resolve(status);
    };
    const unsubscribe = sender.group.onChange(look);
    look();
  });
  if (status.ready > 0) return;
  await sender.close();
  const { error } = status;
  if (error instanceof CmdStreamError && error.code === 'server-info-mismatch') throw error;
  throw new CmdStreamError('unavailable', `no client could connect: ${error?.message ?? 'the sender was closed'}`, {
    cause: error,
  });
}
