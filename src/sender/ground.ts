import { type ActorRoot, rootId, startActorRoot } from '../base/actor-root.ts';
import { DeadlineQueue } from '../base/deadline-queue.ts';
import type { EdgeCounts } from '../base/edge-counts.ts';
import { FairTurn } from '../base/fair-turn.ts';
import { ProcessHold } from '../base/process-hold.ts';
import { checkedRandom, type Random } from '../base/random.ts';
import { Warnings } from '../base/warnings.ts';
import { type BoundCodec, bindCodec } from '../protocol/codec/bind.ts';
import type { ProtocolTables } from '../protocol/protocol.ts';
import { edgeCountsOf } from '../telemetry/option.ts';
import { ResultBounds } from './client/backlog.ts';
import { CreditBudget } from './client/credit-budget.ts';
import { ClosingSignal } from './closing-signal.ts';
import { RequestActors } from './request/request-actors.ts';
import type { ResolvedSenderOptions } from './resolve-options.ts';

/** The ground on which the parts of one sender stand: made before them, and stopped after the last of them. */
export class Ground {
  readonly tables: ProtocolTables<unknown, unknown>;
  /** With the clock of `hold`. */
  readonly options: ResolvedSenderOptions;
  readonly hold: ProcessHold;
  readonly codecs: BoundCodec;
  readonly closing: ClosingSignal;
  readonly warnings: Warnings;
  readonly bounds: ResultBounds;
  readonly credit: CreditBudget;
  readonly random: Random;
  readonly turn: FairTurn;
  readonly deadlines: DeadlineQueue;
  /** Those who count the edges that its charts walk. */
  readonly edges: readonly EdgeCounts[];
  readonly root: ActorRoot;
  readonly actors: RequestActors | undefined;
  readonly #stops: (() => void)[] = [];

  /** @throws CmdStreamError `invalid-argument` and `cancelled`; nothing is left running then. */
  constructor(tables: ProtocolTables<unknown, unknown>, options: ResolvedSenderOptions) {
    this.tables = tables;
    this.hold = new ProcessHold(options.clock);
    const { clock } = this.hold;
    this.options = { ...options, clock };
    this.warnings = new Warnings(clock);
    this.codecs = bindCodec(options.codec, tables, options.maxFrameBytes);
    this.closing = new ClosingSignal(options.signal);
    // From here on nothing throws.
    this.bounds = new ResultBounds(options.maxBufferedResults, options.maxBufferedResultBytes);
    this.credit = new CreditBudget(this.bounds);
    this.random = checkedRandom(options.random, this.warnings);
    this.turn = new FairTurn(clock);
    this.deadlines = new DeadlineQueue(clock);
    this.edges = edgeCountsOf(options.telemetry);
    this.root = startActorRoot(rootId('sender', options.name), clock, options.inspect?.watch, this.edges);
    this.actors = options.inspect === undefined ? undefined : new RequestActors(this.root, options.inspect.everyNth);
  }

  /** Has `stop` called when nothing stands on it any more. */
  readonly whenOver = (stop: () => void): void => {
    this.#stops.push(stop);
  };

  /** Nothing stands on it any more: the group is closed. */
  stop(): void {
    this.closing.stop();
    for (const stop of this.#stops) stop();
    this.deadlines.stop();
    this.turn.stop();
    this.actors?.stop();
    // The root still hears of the group's end.
    this.options.defer(() => this.root.stop());
  }
}
