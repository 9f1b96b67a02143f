import { Warnings } from '../base/warnings.ts';
import { type AnyProtocol, namesOf, protocolTables } from '../protocol/protocol.ts';
import type { ServerFigures, WatchedServer } from '../telemetry/telemetry.ts';
import { ServerWatchers } from '../telemetry/watchers.ts';
import type { ResolvedServerOptions } from './options.ts';

/** Those who watch a server, as its option `telemetry` says; `now` and `addressOf`: how things stand, once it is there. */
export function watchersOf(
  protocol: AnyProtocol,
  { name, telemetry, clock }: ResolvedServerOptions,
  now: () => ServerFigures,
  addressOf: () => string | undefined,
): ServerWatchers {
  const server: WatchedServer = {
    name,
    protocol: namesOf(protocol[protocolTables]),
    now,
    nowMs: () => clock.now(),
    get address() {
      return addressOf();
    },
  };
  return new ServerWatchers(telemetry, server, clock, new Warnings(clock));
}
