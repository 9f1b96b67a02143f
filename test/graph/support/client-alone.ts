import { type AnyMachineSnapshot, createActor } from 'xstate';
import { clientMachine } from '../../../machines/client.ts';
import { CmdStreamError } from '../../../src/base/errors/cmd-stream-error.ts';
import { calc } from '../../e2e/support/calc.ts';
import { NotedCommand } from '../../unit/sender/client/pending.ts';
import { type ClientScenario, phaseOf } from './client-model.ts';
import { clientObject } from './client-object.ts';
import type { RealClient } from './client-stage.ts';
import type { Network, Stage } from './network.ts';
import type { Inspector } from './taken.ts';

/** A client that belongs to no group: nobody but itself limits how long it drains. */
export async function openAlone(
  { timings, reconnect, maxRetired }: ClientScenario,
  stage: Stage,
  transport: Network,
  inspector: Inspector,
  source: () => string[],
): Promise<RealClient> {
  const object = clientObject(timings, stage, transport, source, () => tell({ type: 'addresses.changed' }));
  const { client, book } = object;
  const actor = createActor(clientMachine, {
    id: 'client 0',
    clock: stage.clock,
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
        if (!object.isAccepting) {
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
    hurry: () => tell({ type: 'client.hurry' }),
    close: () => tell({ type: 'client.close' }),
    drain: (timeoutMs) => tell({ type: 'client.drain', timeoutMs }),
  };
}
