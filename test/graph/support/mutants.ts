import { type AnyStateMachine, StateMachine } from 'xstate';
import { type Chart, type ChartNode, type ChartTransition, guardName, labelOf, nameOf } from './chart.ts';

/** One change to a machine. */
export interface Mutant {
  readonly name: string;
  /** The transition that it changes, where it changes one. */
  readonly label?: string;
  /** The state that it changes: no path that is never there goes another way. */
  readonly state: string;
  /** Whether all that it changes is what comes of the transition: whatever does not take that goes the same way. */
  readonly isOfTaken?: boolean;
  /** The config with the change. */
  build(): Config;
}

interface Config {
  [key: string]: unknown;
  states?: Record<string, Config>;
}
interface TransitionConfig {
  target?: unknown;
  guard?: unknown;
  actions?: unknown;
  reenter?: boolean;
}
type Change = (list: TransitionConfig[], index: number) => void;

/** Every change of one thing: where a transition leads, whether it is there, its guard, and each action. */
export function mutantsOf(machine: AnyStateMachine, chart: Chart): Mutant[] {
  const original = machine.config as unknown as Config;
  const mutants: Mutant[] = [];
  const add = (name: string, touches: Pick<Mutant, 'label' | 'state' | 'isOfTaken'>, edit: (root: Config) => void) =>
    mutants.push({
      name,
      ...touches,
      build: () => {
        const root = copy(original) as Config;
        edit(root);
        // A chart that runs in circles within one step is to fail, not to run on.
        return { ...root, options: { maxIterations: 100 } };
      },
    });

  for (const node of chart.nodes) {
    const at = (root: Config) => node.path.reduce((config, key) => config.states?.[key] as Config, root);
    for (const site of sitesOf(node)) {
      site.transitions.forEach((transition, index) => {
        const label = labelOf(transition);
        const change = (what: string, edit: Change, isOfTaken = true) =>
          add(`${label}: ${what}`, { label, state: nameOf(node), isOfTaken }, (root) =>
            edit(site.list(at(root)), index),
          );
        for (const other of otherTargets(transition)) {
          change(`leads to ${nameOf(other)}`, (list, i) => {
            list[i] = { ...list[i], target: `#${other.id}` };
          });
        }
        change('is gone', (list, i) => void list.splice(i, 1));
        if (transition.guard !== undefined) {
          const opposite = NOT + guardName(transition.guard);
          const turn: Change = (list, i) => {
            list[i] = { ...list[i], guard: opposite };
          };
          change(`not ${guardName(transition.guard)}`, turn, false);
        }
        const config = site.list(at(copy(original) as Config))[index] as TransitionConfig;
        if (config.reenter)
          change('does not enter again', (list, i) => {
            list[i] = { ...list[i], reenter: false };
          });
        asList(config.actions).forEach((action, number) => {
          change(`without ${actionName(action)}`, (list, i) => {
            list[i] = { ...list[i], actions: asList(config.actions).toSpliced(number, 1) };
          });
        });
      });
    }
    for (const when of ['entry', 'exit'] as const) {
      const actions = asList(at(original)[when]);
      actions.forEach((action, number) => {
        add(`${nameOf(node)}: ${when} without ${actionName(action)}`, { state: nameOf(node) }, (root) => {
          at(root)[when] = actions.toSpliced(number, 1);
        });
      });
    }
    const invoked = asList(at(original).invoke);
    invoked.forEach((invoke, number) => {
      add(`${nameOf(node)}: does not invoke ${String((invoke as Config).src)}`, { state: nameOf(node) }, (root) => {
        at(root).invoke = asList(at(root).invoke).toSpliced(number, 1);
      });
    });
    if (node.type === 'compound') {
      for (const [key, child] of Object.entries(node.states)) {
        if (key === at(original).initial) continue;
        add(`${nameOf(node)}: begins in ${nameOf(child)}`, { state: nameOf(node) }, (root) => {
          at(root).initial = key;
        });
      }
    }
  }
  return mutants;
}

const NOT = 'not ';

/** The mutant as a machine of its own. */
export function machineOf(machine: AnyStateMachine, mutant: Mutant): AnyStateMachine {
  const { implementations } = machine;
  const guards = { ...implementations.guards, ...opposites(machine) };
  return new StateMachine(mutant.build() as never, { ...implementations, guards } as never) as never;
}

/** Every guard of a machine, saying the opposite: a plain function as it is one itself. */
function opposites(machine: AnyStateMachine): Record<string, unknown> {
  const guards = machine.implementations.guards as Record<string, (...args: unknown[]) => boolean>;
  return Object.fromEntries(
    Object.entries(guards).map(([name, guard]) => [NOT + name, (...args: unknown[]) => !guard(...args)]),
  );
}

/** Lets everybody who has `machine` run the mutant, for as long as `run` takes. */
export async function withMutant<T>(machine: AnyStateMachine, mutant: Mutant, run: () => Promise<T>): Promise<T> {
  const mutated = machineOf(machine, mutant) as unknown as Record<string, unknown>;
  const parts = ['config', 'options', 'implementations', 'root', 'states', 'events', 'idMap'];
  const target = machine as unknown as Record<string, unknown>;
  const kept = parts.map((part) => target[part]);
  for (const part of parts) target[part] = mutated[part];
  try {
    return await run();
  } finally {
    parts.forEach((part, index) => {
      target[part] = kept[index];
    });
  }
}

/** A list of transitions of a state, in the chart and in its config. */
interface Site {
  readonly transitions: readonly ChartTransition[];
  /** The list in the config of the state; made a list where it is not. */
  list(config: Config): TransitionConfig[];
}

function sitesOf(node: ChartNode): Site[] {
  const sites: Site[] = [];
  for (const [type, transitions] of node.transitions) {
    sites.push({ transitions, list: (config) => listOf(...holderOf(config, type, node)) });
  }
  if (node.always !== undefined) sites.push({ transitions: node.always, list: (config) => listOf(config, 'always') });
  return sites;
}

/** The object in a state's config that holds the transitions of an event, and the key at which it does. */
function holderOf(config: Config, type: string, node: ChartNode): [Config, string] {
  const after = /^xstate\.after\.([^.]+)\./.exec(type);
  if (after !== null) return [config.after as Config, after[1] as string];
  if (type === `xstate.done.state.${node.id}`) return [config, 'onDone'];
  const ending = /^xstate\.(done|error)\.actor\.(\d+)\./.exec(type);
  if (ending !== null) {
    config.invoke = asList(config.invoke);
    const invoke = (config.invoke as Config[])[Number(ending[2])] as Config;
    return [invoke, ending[1] === 'done' ? 'onDone' : 'onError'];
  }
  return [config.on as Config, type];
}

function listOf(holder: Config, key: string): TransitionConfig[] {
  const list = asList(holder[key]).map((entry) => (typeof entry === 'string' ? { target: entry } : entry));
  holder[key] = list;
  return list as TransitionConfig[];
}

/** Where a transition could lead instead: to the other states of the level. */
function otherTargets({ source, target }: ChartTransition): ChartNode[] {
  const [goal] = target ?? [];
  const level = goal === undefined ? (source.parent ?? source) : (goal.parent ?? goal);
  // Without a target it stays where it is.
  return Object.values(level.states).filter((state) => state !== (goal ?? source));
}

const asList = (value: unknown): unknown[] => (value === undefined ? [] : Array.isArray(value) ? value : [value]);

const actionName = (action: unknown): string =>
  typeof action === 'object' && action !== null && 'type' in action ? String(action.type) : String(action);

/** A copy of a config; what is no plain object stays the same. */
function copy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copy);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, copy(inner)]));
}
