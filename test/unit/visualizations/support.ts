import { toDirectedGraph } from '@xstate/graph';
import type { AnyStateMachine, AnyTransitionDefinition } from 'xstate';

/** The paths of all states of a machine, as @xstate/graph finds them, without the machine itself. */
export function pathsOf(machine: AnyStateMachine): string[] {
  const walk = ({ children, stateNode }: ReturnType<typeof toDirectedGraph>): string[] => [
    stateNode.path.join('.'),
    ...children.flatMap(walk),
  ];
  return walk(toDirectedGraph(machine)).slice(1);
}

/** All transitions of a machine, as XState keeps them: those with a target, and those without. */
export function transitionsOf(machine: AnyStateMachine): AnyTransitionDefinition[] {
  const walk = (node: AnyStateMachine['root']): AnyTransitionDefinition[] => [
    ...[...node.transitions.values()].flat(),
    ...(node.always ?? []),
    ...Object.values(node.states).flatMap(walk),
  ];
  return walk(machine.root);
}
