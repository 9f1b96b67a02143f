import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine } from 'xstate';

/** The parts of XState's StateNode that are read here. */
export interface ChartNode {
  readonly id: string;
  readonly key: string;
  readonly path: readonly string[];
  readonly type: string;
  readonly parent?: ChartNode | undefined;
  readonly states: Readonly<Record<string, ChartNode>>;
  readonly transitions: ReadonlyMap<string, readonly ChartTransition[]>;
  readonly always?: readonly ChartTransition[] | undefined;
}

/** The parts of XState's TransitionDefinition that are read here. */
export interface ChartTransition {
  readonly source: ChartNode;
  readonly target: readonly ChartNode[] | undefined;
  readonly guard?: unknown;
  readonly eventType: string;
}

/** What a chart declares. */
export interface Chart {
  readonly nodes: readonly ChartNode[];
  /** By label. */
  readonly transitions: ReadonlyMap<string, ChartTransition>;
}

/** Reads what a machine declares. */
export function chartOf(machine: AnyStateMachine): Chart {
  const nodes: ChartNode[] = [];
  const visit = (node: ChartNode): void => {
    nodes.push(node);
    Object.values(node.states).forEach(visit);
  };
  visit(machine.root as unknown as ChartNode);
  const transitions = nodes.flatMap((node) => [...node.transitions.values(), node.always ?? []].flat());
  return { nodes, transitions: new Map(transitions.map((transition) => [labelOf(transition), transition])) };
}

/** How a node is called here. */
export const nameOf = ({ path }: ChartNode): string => (path.length === 0 ? '(root)' : path.join('.'));

/** What an event type of XState's own means. */
export function eventName(type: string): string {
  if (type === '') return 'always';
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  if (after !== null) return `after ${after[1]}`;
  if (type === 'xstate.done.actor.*') return 'actor done';
  if (type.startsWith('xstate.done.actor.')) return 'done';
  if (type.startsWith('xstate.error.actor.')) return 'error';
  if (type.startsWith('xstate.done.state.')) return 'all final';
  return type;
}

/** The name of a transition, the same for every copy of a machine: `connecting: error [isFinal]`. */
export function labelOf(transition: ChartTransition): string {
  const { source, eventType, guard } = transition;
  const siblings = (eventType === '' ? source.always : source.transitions.get(eventType)) ?? [];
  const choice = guard !== undefined ? ` [${guardName(guard)}]` : siblings.length > 1 ? ' [else]' : '';
  return `${nameOf(source)}: ${eventName(eventType)}${choice}`;
}

/** The names of the transitions of a microstep, innermost regions in the order of the chart. */
export function labelsOf(transitions: readonly ChartTransition[]): string[] {
  return transitions.filter(({ eventType }) => eventType !== 'xstate.init').map(labelOf);
}

/** The name of a guard. */
export function guardName(guard: unknown): string {
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : String(guard);
}

/** The guarded transitions that were asked about `event` in `snapshot`, and not taken. */
export function refusedBy(
  chart: Chart,
  snapshot: AnyMachineSnapshot,
  event: AnyEventObject,
  taken: readonly string[],
): string[] {
  const active = new Set((snapshot._nodes as unknown as ChartNode[]).map(({ id }) => id));
  const refused = new Set<string>();
  for (const leaf of chart.nodes) {
    if (!active.has(leaf.id) || Object.keys(leaf.states).some((key) => active.has(leaf.states[key]?.id ?? '')))
      continue;
    for (let node: ChartNode | undefined = leaf; node !== undefined; node = node.parent) {
      const labels = (node.transitions.get(event.type) ?? []).map(labelOf);
      const at = labels.findIndex((label) => taken.includes(label));
      for (const label of at < 0 ? labels : labels.slice(0, at)) refused.add(label);
      if (at >= 0) break;
    }
  }
  return [...refused];
}

/** The states of a state value, with those around them: `connected`, `connected.ready`, `connected.steady`. */
export function statesOf(value: unknown, prefix = ''): string[] {
  if (typeof value === 'string') return [prefix + value];
  return Object.entries(value as Record<string, unknown>).flatMap(([key, inner]) => [
    prefix + key,
    ...statesOf(inner, `${prefix + key}.`),
  ]);
}
