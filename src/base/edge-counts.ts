import type {
  AnyActorRef,
  AnyMachineSnapshot,
  AnyTransitionDefinition,
  InspectedMicrostepEvent,
  InspectionEvent,
} from 'xstate';
import type { CompiledMachine } from './compile.ts';
import { type Edge, edgeOf } from './edges.ts';
import { hasBrand, markClass } from './errors/brand.ts';

/** How often an edge of a chart was walked. */
export interface WalkedEdge extends Edge {
  /** The name of the chart: that of its drawing, `circuit-breaker`. */
  readonly chart: string;
  readonly count: number;
}

/** Key under which whoever watches a sender or server has the counts of the edges that it wants counted. */
export const countedEdges: unique symbol = Symbol.for('cmd-stream.countedEdges') as never;

const edgeCountsBrand = Symbol.for('cmd-stream.EdgeCounts');

/**
 * Counts the edges of charts as they are walked: those of actors, which it watches, and those of compiled machines, which count by
 * themselves.
 */
export class EdgeCounts {
  static {
    markClass(EdgeCounts, edgeCountsBrand);
  }

  /** Of actors, by chart and edge. */
  readonly #watched = new Map<string, { -readonly [Key in keyof WalkedEdge]: WalkedEdge[Key] }>();
  /** Of compiled machines, by their chart. */
  readonly #compiled = new Map<string, CompiledCounts>();
  /** Where an actor stands that has taken a step of several, which its own snapshot does not tell yet. */
  readonly #midway = new WeakMap<AnyActorRef, unknown>();
  /** Steps that were counted: of a circuit breaker that several senders share, each of them tells. */
  readonly #told = new WeakSet<InspectionEvent>();

  /** Counts what the actors of a system do. */
  readonly watch = (event: InspectionEvent): void => {
    const actor = event.actorRef as AnyActorRef;
    if (event.type === '@xstate.snapshot') this.#midway.delete(actor);
    if (event.type !== '@xstate.microstep' || this.#told.has(event)) return;
    this.#told.add(event);
    const before = this.#midway.get(actor) ?? stateBefore(event);
    this.#midway.set(actor, (event.snapshot as AnyMachineSnapshot).value);
    for (const transition of event._transitions) this.#count(transition, before);
  };

  /** The same machine, whose every step counts. One that others count already counts here as an action. */
  counted<Context, Event extends { readonly type: string }>(
    machine: CompiledMachine<Context, Event>,
  ): CompiledMachine<Context, Event> {
    const { counts } = this.#ofCompiled(machine);
    if (machine.counts === undefined) return { ...machine, counts };
    const table = machine.table.map((transitions) =>
      transitions?.map((transition) => ({
        ...transition,
        actions: [() => (counts[transition.edge] as number)++, ...transition.actions],
      })),
    );
    return { ...machine, table };
  }

  /** The edges that were walked, by chart; those of several guards that lead the same way are one. */
  get walked(): readonly WalkedEdge[] {
    const sums = new Map<string, WalkedEdge>();
    const add = ({ chart, from, event, to, count }: WalkedEdge) => {
      const key = keyOf(chart, { from, event, to });
      const before = sums.get(key)?.count ?? 0;
      if (count > 0) sums.set(key, { chart, from, event, to, count: before + count });
    };
    for (const edge of this.#watched.values()) add(edge);
    for (const [id, { edges, counts }] of this.#compiled) {
      for (const [index, edge] of edges.entries())
        add({ chart: chartName(id), ...edge, count: counts[index] as number });
    }
    return [...sums].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, edge]) => edge);
  }

  #count(transition: AnyTransitionDefinition, before: unknown): void {
    if (transition.eventType === 'xstate.init') return;
    const edge = edgeOf(transition, before);
    const chart = chartName(transition.source.machine.id);
    const key = keyOf(chart, edge);
    const known = this.#watched.get(key);
    if (known !== undefined) known.count++;
    else this.#watched.set(key, { chart, ...edge, count: 1 });
  }

  #ofCompiled(machine: FlatChart): CompiledCounts {
    const known = this.#compiled.get(machine.id);
    if (known !== undefined) return known;
    const edges = edgesOf(machine);
    const added = { edges, counts: new Float64Array(edges.length) };
    this.#compiled.set(machine.id, added);
    return added;
  }
}

/** The state in which an actor has got an event; none where it only begins, and cannot be asked yet. */
function stateBefore({ event, actorRef }: InspectedMicrostepEvent): unknown {
  return event.type === 'xstate.init' ? undefined : (actorRef.getSnapshot() as AnyMachineSnapshot).value;
}

/** Whether `value` counts edges, whichever copy of the library has made it. */
export function isEdgeCounts(value: unknown): value is EdgeCounts {
  return hasBrand(value, edgeCountsBrand);
}

/** Counts of the edges of a compiled machine, by their numbers. */
interface CompiledCounts {
  readonly edges: readonly Edge[];
  readonly counts: Float64Array;
}

/** The chart of a compiled machine. */
interface FlatChart {
  readonly id: string;
  readonly states: readonly string[];
  readonly events: readonly string[];
  readonly table: readonly (readonly { readonly target: number }[] | undefined)[];
}

function edgesOf({ states, events, table }: FlatChart): Edge[] {
  return table.flatMap((transitions = [], at) =>
    transitions.map(({ target }) => ({
      from: states[Math.floor(at / events.length)] as string,
      event: events[at % events.length] as string,
      to: states[target] as string,
    })),
  );
}

/** A compiled machine that is counted by all of these; the very same where there are none. */
export function countedBy<Context, Event extends { readonly type: string }>(
  edges: readonly EdgeCounts[],
  machine: CompiledMachine<Context, Event>,
): CompiledMachine<Context, Event> {
  return edges.reduce((counted, counts) => counts.counted(counted), machine);
}

/** The name of a chart by the id of its machine: `circuit-breaker`. */
export function chartName(id: string): string {
  return id.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const keyOf = (chart: string, { from, event, to }: Edge) => [chart, from, event, to].join('\n');
