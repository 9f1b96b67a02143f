// Reads a machine, as createMachine returns it, into plain data: what there is to draw, and nothing of how.
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

/** Cause of a transition. */
export type Cause =
  | { readonly kind: 'event'; readonly name: string }
  /** After a delay: its name, or a number of milliseconds. */
  | { readonly kind: 'after'; readonly delay: string }
  /** As soon as its guard holds. */
  | { readonly kind: 'always' }
  /** An actor has come to its end, or failed; `*` stands for every actor. */
  | { readonly kind: 'done' | 'failed'; readonly actor: string }
  /** The states inside have come to their end. */
  | { readonly kind: 'finished' };

/** One transition of one state. */
export interface ChartTransition {
  /** The path of the state that declares it; empty for the machine itself. */
  readonly from: string;
  /** The path of the state that it leads to; nothing where it stays and only acts. */
  readonly to: string | undefined;
  /** The type of the event as XState delivers it; empty for `always`. */
  readonly event: string;
  readonly cause: Cause;
  readonly guard: string | undefined;
  /** It has no guard, and is taken when the guards before it, for the same event, do not hold. */
  readonly otherwise: boolean;
  readonly actions: readonly string[];
}

/** One state, with the states inside it. */
export interface ChartState {
  /** The keys from the machine to it, joined by dots; empty for the machine itself. */
  readonly path: string;
  /** Its name: its key. */
  readonly name: string;
  readonly kind: 'atomic' | 'compound' | 'parallel' | 'final';
  /** One of several states that are active side by side. */
  readonly isRegion: boolean;
  readonly description: string | undefined;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** The names of the actors that run while it is active. */
  readonly invokes: readonly string[];
  /** The path of the state inside that it starts in. */
  readonly initial: string | undefined;
  readonly states: readonly ChartState[];
}

/** A statechart as data. */
export interface Chart {
  readonly id: string;
  readonly root: ChartState;
  /** In the order of their states, and of each state's own declarations. */
  readonly transitions: readonly ChartTransition[];
}

/** Reads a machine. Throws where it holds what a drawing cannot name: inline guards, actions or actors, history. */
export function readChart(machine: AnyStateMachine): Chart {
  const root = readState(machine.root);
  return { id: machine.id, root, transitions: nodesOf(machine.root).flatMap(readTransitions) };
}

/** A state and all states inside it, outermost first. */
export function statesOf(state: ChartState): ChartState[] {
  return [state, ...state.states.flatMap(statesOf)];
}

/** Whether `outer` contains `inner`. */
export function contains(outer: string, inner: string): boolean {
  return inner !== outer && (outer === '' || inner.startsWith(`${outer}.`));
}

const pathOf = (node: AnyStateNode) => node.path.join('.');

function nodesOf(node: AnyStateNode): AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function readState(node: AnyStateNode): ChartState {
  if (node.type === 'history') throw new Error(`${node.id}: drawings know no history states`);
  const initial = node.type === 'compound' ? node.initial.target?.[0] : undefined;
  return {
    path: pathOf(node),
    name: node.key,
    kind: node.type,
    isRegion: node.parent?.type === 'parallel',
    description: node.description,
    entry: node.entry.filter(isDeclared).map((action) => nameOf(action, node)),
    exit: node.exit.filter(isDeclared).map((action) => nameOf(action, node)),
    invokes: node.invoke.map(({ src }) => nameOf(src, node)),
    initial: initial && pathOf(initial),
    states: Object.values(node.states).map(readState),
  };
}

function readTransitions(node: AnyStateNode): ChartTransition[] {
  const byEvent = [...node.transitions.values(), node.always ?? []];
  return byEvent.flatMap((sameEvent) =>
    sameEvent.map((transition, index) => readTransition(node, transition, index > 0)),
  );
}

function readTransition(node: AnyStateNode, transition: AnyTransitionDefinition, isLater: boolean): ChartTransition {
  const { guard, target = [], actions, eventType } = transition;
  if (target.length > 1) throw new Error(`${node.id}: drawings know one target for each transition`);
  return {
    from: pathOf(node),
    to: target[0] && pathOf(target[0]),
    event: eventType,
    cause: readCause(node, eventType),
    guard: guard === undefined ? undefined : nameOf(guard, node),
    otherwise: isLater && guard === undefined,
    actions: actions.map((action) => nameOf(action, node)),
  };
}

function readCause(node: AnyStateNode, type: string): Cause {
  if (type === '') return { kind: 'always' };
  const [, what, rest = ''] = /^xstate\.(after|done\.actor|error\.actor|done\.state)\.(.*)$/.exec(type) ?? [];
  if (what === 'after') return { kind: 'after', delay: rest.slice(0, -node.id.length - 1) };
  if (what === 'done.state') return { kind: 'finished' };
  if (what === undefined) return { kind: 'event', name: type };
  const invoked = node.invoke.find(({ id }) => id === rest);
  const actor = invoked === undefined ? rest : nameOf(invoked.src, node);
  return { kind: what === 'done.actor' ? 'done' : 'failed', actor };
}

/** XState's own timers for `after` stand among the entry and exit actions. */
function isDeclared(action: unknown): boolean {
  return !(typeof action === 'function' && 'type' in action && /^xstate\.(raise|cancel)$/.test(String(action.type)));
}

/** The name of an action, guard or actor, with the parameters that are written in the chart. */
function nameOf(thing: unknown, node: AnyStateNode): string {
  if (typeof thing === 'string') return thing;
  if (typeof thing === 'object' && thing !== null && 'type' in thing && typeof thing.type === 'string') {
    const params = 'params' in thing && typeof thing.params === 'object' ? Object.values(thing.params ?? {}) : [];
    return params.length === 0 ? thing.type : `${thing.type}(${params.join(', ')})`;
  }
  throw new Error(`${node.id}: an action, guard or actor has no name that a drawing could show`);
}
