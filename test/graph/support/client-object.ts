import type { ClientTimings } from '../../../machines/client.ts';
import { FairTurn } from '../../../src/base/fair-turn.ts';
import { msgpack } from '../../../src/protocol/codec/msgpack/msgpack.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { AddressBook } from '../../../src/sender/client/address-book.ts';
import { ResultBounds } from '../../../src/sender/client/backlog.ts';
import { Client } from '../../../src/sender/client/client.ts';
import { CreditBudget } from '../../../src/sender/client/credit-budget.ts';
import { dialer } from '../../../src/sender/client/dial.ts';
import { resolveExpectedInfo } from '../../../src/sender/client/expected-info.ts';
import { NO_METADATA } from '../../../src/wire/extension/metadata.ts';
import { fixedBound } from '../../../src/wire/write-flow.ts';
import { calc } from '../../e2e/support/calc.ts';
import { warningsTo } from '../../support/warnings.ts';
import type { Network, Stage } from './network.ts';

/** So large may frames be: enough to take a slow link for longer than a Pong may take. */
const MAX_FRAME_BYTES = 10_000;

/** The data plane of a client that belongs to no group. */
export interface ClientObject {
  readonly client: Client;
  readonly book: AddressBook;
  /** Whether it takes Commands. */
  readonly isAccepting: boolean;
}

/** Makes one; `changed` is called when the addresses are others. */
export function clientObject(
  timings: ClientTimings,
  { clock, defer }: Stage,
  transport: Network,
  source: () => string[],
  changed: () => void,
): ClientObject {
  const { commandEntries, resultEntries } = calc[protocolTables];
  const bind = (kind: 'command' | 'result', types: string[]) =>
    msgpack().bind({ kind, types, maxPayloadBytes: MAX_FRAME_BYTES });
  const book = new AddressBook({
    source,
    refreshMs: Number.POSITIVE_INFINITY,
    timeoutMs: timings.handshakeTimeoutMs,
    downMs: timings.backoffMaxMs,
    seed: 1,
    mismatched: () => {},
    clock,
    warnings: warningsTo([]),
    check: () => {},
  });
  book.onChange(changed);
  let isAccepting = false;
  const client = new Client(0, {
    connect: dialer({
      transport,
      serverInfo: resolveExpectedInfo('default'),
      hello: { timeoutMs: 1_000, metadata: NO_METADATA, version: '0', describe: false },
      checkWelcome: () => {},
      outgoing: bind(
        'command',
        commandEntries.map(({ name }) => name),
      ),
      incoming: bind('result', [...resultEntries.map(({ name }) => name), 'error']),
      maxFrameBytes: MAX_FRAME_BYTES,
      bufferBound: fixedBound(1_000),
      clock,
      defer,
    }),
    addresses: book,
    clock,
    events: {
      accepting: () => {
        isAccepting = true;
      },
      refusing: () => {
        isAccepting = false;
      },
      room: () => {},
      unexpected: () => {},
    },
    resultEntries,
    bounds: new ResultBounds(10, 1_000),
    credit: new CreditBudget(new ResultBounds(10, 1_000)),
    turn: new FairTurn(clock),
    maxInFlightCommands: 10,
    clients: 1,
    isServed: () => isAccepting,
    handshakeTimeoutMs: timings.handshakeTimeoutMs,
    pingTimeoutMs: timings.pingTimeoutMs,
    lateTimeMs: timings.lateTimeMs,
    stableMs: timings.backoffResetMs,
  });
  return {
    client,
    book,
    get isAccepting() {
      return isAccepting;
    },
  };
}
