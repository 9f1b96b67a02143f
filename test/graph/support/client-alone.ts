import { type AnyMachineSnapshot, createActor } from 'xstate';
import { clientMachine } from '../../../machines/client.ts';
import { AddressBook } from '../../../src/client/address-book.ts';
import { ResultBounds } from '../../../src/client/backlog.ts';
import { Client } from '../../../src/client/client.ts';
import { dialer } from '../../../src/client/dial.ts';
import { msgpack } from '../../../src/codec/msgpack.ts';
import { CmdStreamError } from '../../../src/errors/cmd-stream-error.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { FairTurn } from '../../../src/system/fair-turn.ts';
import { calc } from '../../e2e/support/calc.ts';
import { NotedCommand } from '../../unit/client/pending.ts';
import { type ClientScenario, phaseOf } from './client-model.ts';
import type { RealClient } from './client-stage.ts';
import type { Network, Stage } from './network.ts';
import type { Inspector } from './taken.ts';

/** A client that belongs to no group: nobody but itself limits how long it drains. */
export async function openAlone(
  { timings, reconnect, maxRetired }: ClientScenario,
  { clock, defer }: Stage,
  transport: Network,
  inspector: Inspector,
  source: () => string[],
): Promise<RealClient> {
  const { commandEntries, resultEntries } = calc[protocolTables];
  const bind = (kind: 'command' | 'result', types: string[]) => msgpack().bind({ kind, types, maxPayloadBytes: 1_000 });
  const book = new AddressBook({
    source,
    refreshMs: Number.POSITIVE_INFINITY,
    timeoutMs: timings.handshakeTimeoutMs,
    clock,
    warn: () => {},
    changed: () => tell({ type: 'addresses.changed' }),
    check: () => {},
  });
  let accepting = false;
  const client = new Client(0, {
    connect: dialer({
      transport,
      serverInfo: 'default',
      outgoing: bind(
        'command',
        commandEntries.map(({ name }) => name),
      ),
      incoming: bind('result', [...resultEntries.map(({ name }) => name), 'error']),
      maxFrameBytes: 1_000,
      maxBufferedBytes: 1_000,
      clock,
      defer,
    }),
    addresses: book,
    clock,
    events: {
      accepting: () => {
        accepting = true;
      },
      refusing: () => {
        accepting = false;
      },
      room: () => {},
      unexpected: () => {},
    },
    resultEntries,
    bounds: new ResultBounds(10, 1_000),
    turn: new FairTurn(clock),
    maxPending: 10,
    handshakeTimeoutMs: timings.handshakeTimeoutMs,
    pingTimeoutMs: timings.pingTimeoutMs,
    stableMs: timings.backoffResetMs,
  });
  const actor = createActor(clientMachine, {
    id: 'client 0',
    clock,
    inspect: inspector.inspect,
    input: { id: 0, link: client, timings, reconnect, maxRetired, random: () => 0.5 },
  });
  const tell = (event: Parameters<typeof actor.send>[0]) => {
    if (actor.getSnapshot().status === 'active') actor.send(event);
  };
  const phase = () => phaseOf(actor.getSnapshot() as unknown as AnyMachineSnapshot);
  book.refresh();
  actor.start();
  return {
    actor,
    book,
    status: () => {
      const { attempt, delayMs, error } = actor.getSnapshot().context;
      return { state: phase(), attempt, delayMs, error, address: client.address };
    },
    send: () =>
      new Promise((resolve, reject) => {
        if (!accepting) {
          const isEnding = phase() === 'draining' || phase() === 'closed';
          reject(new CmdStreamError(isEnding ? 'closed' : 'unavailable', 'it takes no Commands'));
          return;
        }
        const pending = new NotedCommand(calc.Add({ a: 1, b: 1 }));
        pending.result = (_, value) => resolve(value);
        pending.failed = reject;
        client.send(pending);
      }),
    beginStream: () => {
      const pending = new NotedCommand(calc.Countdown({ from: 3 }));
      client.send(pending);
      return () => client.forget(pending.seq);
    },
    close: () => tell({ type: 'client.close' }),
    drain: (timeoutMs) => tell({ type: 'client.drain', timeoutMs }),
  };
}
