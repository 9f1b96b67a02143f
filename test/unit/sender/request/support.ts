import type { AnyActorRef } from 'xstate';
import { startActorRoot, type Watch } from '../../../../src/base/actor-root.ts';
import { DeadlineQueue } from '../../../../src/base/deadline-queue.ts';
import { RefusalPace } from '../../../../src/base/refusal-pace.ts';
import { protocolTables } from '../../../../src/protocol/protocol.ts';
import { type Pressure, ResultBounds, type WhenSlow } from '../../../../src/sender/client/backlog.ts';
import type { Carrier } from '../../../../src/sender/client/pending-command.ts';
import type { RequestContext } from '../../../../src/sender/request/request.ts';
import { RequestActors } from '../../../../src/sender/request/request-actors.ts';
import { SignalWatch } from '../../../../src/sender/request/signal-watch.ts';
import { calc } from '../../../e2e/support/calc.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';
import { warningsTo } from '../../../support/warnings.ts';

/** A client's connection, as requests see it: remembers what it is told to forget. */
export class TestCarrier implements Carrier {
  deliveries = 0;
  readsOn = false;
  readonly clientId = 3;
  readonly address = '127.0.0.1:9000';
  readonly forgotten: number[] = [];
  readonly told: string[] = [];

  forget(seq: number): boolean {
    this.forgotten.push(seq);
    return true;
  }

  openCredit(): undefined {}

  pressed(seq: number, pressure: Pressure): void {
    this.told.push(`${seq} ${pressure}`);
  }
}

/** How requests run. */
export const MODES = ['compiled', 'inspected'] as const;

/** What a test may want otherwise. */
export interface ContextOptions {
  readonly maxBufferedResults?: number;
  readonly maxBufferedResultBytes?: number;
  readonly whenSlow?: WhenSlow;
}

/** What requests have in common, on a clock that the test moves. */
export function requestContext(mode: (typeof MODES)[number], options: ContextOptions = {}) {
  const clock = new VirtualClock();
  const warnings: string[] = [];
  const actorRefs: AnyActorRef[] = [];
  const inspect: Watch = (event) => {
    if (event.type === '@xstate.actor') actorRefs.push(event.actorRef as AnyActorRef);
  };
  const root = startActorRoot('root', clock, inspect);
  const context: RequestContext = {
    deadlines: new DeadlineQueue(clock),
    signals: new SignalWatch(),
    refusals: new RefusalPace(clock),
    bounds: new ResultBounds(options.maxBufferedResults ?? 4, options.maxBufferedResultBytes ?? 1_000_000),
    whenSlow: options.whenSlow ?? 'fail',
    warnings: warningsTo(warnings, clock),
    actors: mode === 'inspected' ? new RequestActors(root) : undefined,
    resend: () => {},
  };
  return { clock, warnings, context, actorRefs, root };
}

const tables = calc[protocolTables];

/** A Command type of the test protocol. */
export function commandEntry(name: keyof typeof calc & string) {
  const entry = tables.commandEntries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`there is no Command ${name}`);
  return entry;
}

/** A Result type of the test protocol. */
export function resultEntry(name: string) {
  const entry = tables.resultEntries.find((candidate) => candidate.name === name);
  if (entry === undefined) throw new Error(`there is no Result ${name}`);
  return entry;
}
