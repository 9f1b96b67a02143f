import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';
import { addressesMachine } from '../../machines/addresses.ts';
import { channelMachine } from '../../machines/channel.ts';
import { circuitBreakerMachine } from '../../machines/circuit-breaker.ts';
import { clientMachine } from '../../machines/client.ts';
import { connectionMachine } from '../../machines/connection.ts';
import { groupMachine } from '../../machines/group.ts';
import { requestMachine } from '../../machines/request.ts';
import { serverMachine } from '../../machines/server.ts';
import { sessionMachine } from '../../machines/session.ts';
import { workerMachine } from '../../machines/worker.ts';
import { workersMachine } from '../../machines/workers.ts';
import { chartName } from '../base/edge-counts.ts';
import { type Edge, eventOf } from '../base/edges.ts';

const MACHINES: readonly AnyStateMachine[] = [
  addressesMachine,
  channelMachine,
  circuitBreakerMachine,
  clientMachine,
  connectionMachine,
  groupMachine,
  requestMachine,
  serverMachine,
  sessionMachine,
  workerMachine,
  workersMachine,
];

/** A transition as a drawing has it. */
export interface DrawnTransition {
  /** The path of the state that declares it: perhaps one around the state that is left. */
  readonly from: string;
  /** The path of the state that it leads to; empty where it stays. */
  readonly to: string;
  /** The type of its event, as XState delivers it. */
  readonly event: string;
}

/** The transitions that an edge of a chart may be: those of the innermost state that has any, but for their guards one. */
export function drawnAs(chart: string, edge: Edge): readonly DrawnTransition[] {
  const root = MACHINES.find(({ id }) => chartName(id) === chart)?.root;
  let node = root === undefined ? undefined : nodeAt(root, edge.from);
  for (; node !== undefined; node = node.parent) {
    const fitting = transitionsOf(node).filter((transition) => isAlong(transition, edge));
    if (fitting.length > 0) return fitting.map(drawn);
  }
  return [];
}

function isAlong(transition: AnyTransitionDefinition, { from, event, to }: Edge): boolean {
  return eventOf(transition) === event && (transition.target === undefined ? from : targetOf(transition)) === to;
}

function drawn(transition: AnyTransitionDefinition): DrawnTransition {
  const { source, eventType } = transition;
  return { from: source.path.join('.'), to: targetOf(transition), event: eventType };
}

const targetOf = ({ target }: AnyTransitionDefinition): string => target?.[0]?.path.join('.') ?? '';

function transitionsOf(node: AnyStateNode): readonly AnyTransitionDefinition[] {
  return [...node.transitions.values(), node.always ?? []].flat();
}

function nodeAt(root: AnyStateNode, path: string): AnyStateNode | undefined {
  const keys = path === '' ? [] : path.split('.');
  return keys.reduce<AnyStateNode | undefined>((node, key) => node?.states[key], root);
}
