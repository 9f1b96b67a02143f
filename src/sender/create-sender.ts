import { runOutside } from '../base/async-context.ts';
import { fieldOf } from '../base/errors/ask.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { LogWriter } from '../base/log.ts';
import { named, show } from '../base/options/check.ts';
import { clockOf, paced } from '../base/refusal-pace.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { publishStatus } from '../telemetry/channels.ts';
import type { AddressBook } from './client/address-book.ts';
import type { ClosingSignal } from './closing-signal.ts';
import { Ground } from './ground.ts';
import type { Group } from './group/group.ts';
import type { GroupStatus } from './group/status.ts';
import { Mismatches } from './mismatches.ts';
import type { EngineSenderOptions, SenderOptions } from './options.ts';
import { makeAddresses, makeBreaker, makeGroup, makePath, makeRequests } from './parts.ts';
import { ClientChanges } from './request/client-changes.ts';
import { resolveSenderOptions } from './resolve-options.ts';
import { Sender } from './sender.ts';
import { logStatus } from './status-log.ts';
import { tellChanges, watchersOf } from './watched-sender.ts';

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
export function createSender<P extends AnyProtocol>(
  protocol: P,
  options: SenderOptions | EngineSenderOptions,
): Promise<Sender<P>> {
  return paced(clockOf(options), connected(protocol, options));
}

async function connected<P extends AnyProtocol>(
  protocol: P,
  options: SenderOptions | EngineSenderOptions,
): Promise<Sender<P>> {
  if (fieldOf(protocol, protocolTables) === undefined) {
    throw new CmdStreamError(
      'invalid-argument',
      `createSender() takes a protocol made by defineProtocol(); got ${show(protocol)}`,
    );
  }
  const ground = new Ground(protocol[protocolTables], resolveSenderOptions(options));
  const { tables, hold, closing, options: resolved } = ground;
  const mismatches = new Mismatches(ground.warnings);
  const breaker = makeBreaker(ground);
  const addresses = makeAddresses(ground, mismatches);
  const group = makeGroup(ground, addresses);
  const path = makePath(ground, group, breaker);
  const watchers = watchersOf(ground, () => ({ group, path, breaker }));
  const changes = new ClientChanges(resolved.clock);
  tellChanges(group, watchers, changes);
  const requests = makeRequests(ground, path, watchers, changes);
  const sender = new Sender<P>({ group, tables, options: resolved, requests, path, breaker, hold });
  group.onClosed(() => ground.stop());
  if (resolved.onStatus !== undefined) sender.subscribe(resolved.onStatus);
  sender.subscribe((event) => publishStatus(tables.name, event));
  if (resolved.log !== undefined) {
    const log = new LogWriter(resolved.log, named('cmd-stream sender', resolved.name), ground.warnings);
    sender.subscribe((event) => logStatus(event, log));
  }
  if (resolved.lazy) mismatches.started();
  runOutside(() => group.start());
  closing.closes(() => void group.close());
  if (!resolved.lazy) await started(sender, group, addresses, closing);
  mismatches.started();
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
  const of = status.name === undefined ? '' : ` of '${status.name}'`;
  throw new CmdStreamError(
    'unavailable',
    `no client${of} could connect: ${error?.message ?? 'the sender was closed'}`,
    {
      cause: error,
    },
  );
}
