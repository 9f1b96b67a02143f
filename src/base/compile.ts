import type { AnyStateMachine } from 'xstate';
import { CmdStreamError } from './errors/cmd-stream-error.ts';

/** Arguments of guards and actions: of what XState hands them, the part that flat machines use. */
export interface Scope<Context, Event> {
  context: Context;
  event: Event;
}

type Guard<Context, Event> = (scope: Scope<Context, Event>) => boolean;
type Action<Context, Event> = (scope: Scope<Context, Event>) => void;

/** One row of the table: under `guard`, run `actions` in order and be in state `target`. */
interface CompiledTransition<Context, Event> {
  readonly guard: Guard<Context, Event> | undefined;
  readonly actions: readonly Action<Context, Event>[];
  readonly target: number;
  /** Its number among all of the machine's: where it is counted. */
  readonly edge: number;
}

/** A flat machine as numbers: what a {@link CompiledActor} walks instead of an interpreter. */
export interface CompiledMachine<Context, Event extends { readonly type: string }> {
  /** Id of the machine that it was compiled of. */
  readonly id: string;
  /** State names; the index is the state's number. */
  readonly states: readonly string[];
  /** Event names; the index is the event's number. */
  readonly events: readonly string[];
  readonly initial: number;
  /** Whether a state is final, by number. */
  readonly isFinal: readonly boolean[];
  /** At `state * events.length + event`: the transitions to try in order; nothing where the event is ignored. */
  readonly table: readonly (readonly CompiledTransition<Context, Event>[] | undefined)[];
  /** How often each transition was taken, where that is counted. */
  readonly counts: Float64Array | undefined;
  /**
   * The number of a state name.
   * @throws CmdStreamError `internal` for a name that no state has.
   */
  stateNumber(name: string): number;
  /**
   * The number of an event name.
   * @throws CmdStreamError `internal` for a name that no state reacts to.
   */
  eventNumber(type: Event['type']): number;
}

/** The parts of XState's StateNode that compiling reads. */
interface Node {
  readonly key: string;
  readonly type: string;
  readonly entry: readonly unknown[];
  readonly exit: readonly unknown[];
  readonly always?: unknown;
  readonly output?: unknown;
  readonly after: readonly unknown[];
  readonly invoke: readonly unknown[];
  readonly transitions: ReadonlyMap<string, readonly Transition[]>;
}

interface Transition {
  readonly target: readonly Node[] | undefined;
  readonly guard?: unknown;
  readonly actions: readonly unknown[];
  readonly reenter: boolean;
}

interface Root extends Node {
  readonly states: Readonly<Record<string, Node>>;
  readonly initial: { readonly target: readonly Node[]; readonly actions: readonly unknown[] };
}

/**
 * Turns a machine's own graph into a flat table. It takes machines of one level whose guards and actions are all named,
 * plain functions. Whatever else a statechart may hold (nesting, parallel states, history, `invoke`, `always`, `after`,
 * wildcards, params, output, inline logic, `assign` and its like) is refused, never ignored.
 *
 * @throws CmdStreamError `internal`, naming the place and what it cannot compile.
 */
export function compileMachine<Context, Event extends { readonly type: string }>(
  machine: AnyStateMachine,
): CompiledMachine<Context, Event> {
  const root = machine.root as unknown as Root;
  const nodes = Object.values(root.states);
  checkRoot(root);
  nodes.forEach(checkState);
  checkInitial(root);

  const logic = machine.implementations as unknown as {
    guards: Record<string, Guard<Context, Event>>;
    actions: Record<string, Action<Context, Event>>;
  };
  const actionsOf = (list: readonly unknown[], where: string) =>
    list.map((action) => plain('action', logic.actions, action, where));
  const numberOf = (target: Node | undefined, where: string) => {
    const number = target === undefined ? -1 : nodes.indexOf(target);
    if (number < 0) throw refuse(where, 'a target that is none of its states');
    return number;
  };

  let edges = 0;
  const compileTransition = (
    { target: targets, guard, actions, reenter }: Transition,
    source: Node,
    where: string,
  ): CompiledTransition<Context, Event> => {
    if (targets !== undefined && targets.length > 1) throw refuse(where, 'several targets');
    const target = numberOf(targets === undefined ? source : targets[0], where);
    const node = nodes[target] as Node;
    // A transition without a target, and one to its own state that does not ask for it, leaves and enters nothing.
    const moves = node !== source || (targets !== undefined && reenter);
    return {
      guard: guard === undefined ? undefined : plain('guard', logic.guards, guard, where),
      actions: [
        ...(moves ? actionsOf(source.exit, where) : []),
        ...actionsOf(actions, where),
        ...(moves ? actionsOf(node.entry, where) : []),
        // A machine that has come to its end leaves its last state.
        ...(node.type === 'final' ? actionsOf(node.exit, where) : []),
      ],
      target,
      edge: edges++,
    };
  };

  const states = nodes.map(({ key }) => key);
  const events = [...new Set(nodes.flatMap((node) => [...node.transitions.keys()]))];
  return {
    id: machine.id,
    states,
    events,
    initial: numberOf(root.initial.target[0], 'initial'),
    isFinal: nodes.map(({ type }) => type === 'final'),
    table: nodes.flatMap((node) =>
      events.map((event) =>
        node.transitions
          .get(event)
          ?.map((transition) => compileTransition(transition, node, `'${node.key}' on '${event}'`)),
      ),
    ),
    counts: undefined,
    stateNumber: (name) => numberIn(states, name, `the machine has no state '${name}'`),
    eventNumber: (type) => numberIn(events, type, `no state of the machine reacts to '${type}'`),
  };
}

function numberIn(names: readonly string[], name: string, missing: string): number {
  const number = names.indexOf(name);
  if (number < 0) throw new CmdStreamError('internal', missing);
  return number;
}

function checkRoot(root: Root): void {
  const where = 'the machine itself';
  if (root.type !== 'compound') throw refuse(where, `the type '${root.type}'`);
  checkNode(root, where);
  if (root.transitions.size > 0) throw refuse(where, 'transitions');
  if (root.entry.length > 0 || root.exit.length > 0) throw refuse(where, 'entry or exit actions');
}

function checkInitial(root: Root): void {
  const [initial] = root.initial.target;
  // A compiled actor begins in its initial state; it does not enter it.
  if (root.initial.actions.length > 0 || (initial?.entry.length ?? 0) > 0) {
    throw refuse('initial', 'actions on the way into the initial state');
  }
  if (initial?.type === 'final') throw refuse('initial', 'an initial state that is final');
}

function checkState(node: Node): void {
  const where = `'${node.key}'`;
  if (node.type !== 'atomic' && node.type !== 'final') throw refuse(where, `the type '${node.type}'`);
  checkNode(node, where);
  if (node.type === 'final' && node.transitions.size > 0) throw refuse(where, 'transitions out of a final state');
  for (const event of node.transitions.keys()) {
    if (event.includes('*')) throw refuse(where, `the wildcard '${event}'`);
  }
}

function checkNode(node: Node, where: string): void {
  if (node.always !== undefined) throw refuse(where, `'always'`);
  if (node.invoke.length > 0) throw refuse(where, `'invoke'`);
  if (node.after.length > 0) throw refuse(where, `'after'`);
  if (node.output !== undefined) throw refuse(where, `'output'`);
}

/** The function behind a name. XState keeps a guard or action without params as its name, or as `{ type: name }`. */
function plain<T>(kind: 'guard' | 'action', table: Record<string, T>, reference: unknown, where: string): T {
  let name = reference;
  if (typeof reference === 'object' && reference !== null && 'type' in reference) {
    if ('params' in reference && reference.params !== undefined)
      throw refuse(where, `params for the ${kind} '${String(reference.type)}'`);
    name = reference.type;
  }
  if (typeof name !== 'string') throw refuse(where, `an inline ${kind}`);
  const implementation = table[name];
  if (typeof implementation !== 'function') throw refuse(where, `the ${kind} '${name}', which is not implemented`);
  // assign(), raise(), and(), ... make functions that only XState's interpreter can run; they carry how.
  if ('resolve' in implementation || 'check' in implementation) {
    throw refuse(where, `the ${kind} '${name}', which is not a plain function`);
  }
  return implementation;
}

function refuse(where: string, what: string): CmdStreamError {
  return new CmdStreamError('internal', `a machine cannot be compiled into a flat table: ${where} has ${what}`);
}
