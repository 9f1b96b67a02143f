import type { AnyTransitionDefinition } from 'xstate';

/** One way out of a state of a chart: where it leads, and for which event. */
export interface Edge {
  /** The path of the state that is left; where several are active side by side, of the state around them. */
  readonly from: string;
  /** The event in words: its type, `after DELAY`, `ACTOR done` or `ACTOR failed`, `always`. */
  readonly event: string;
  /** The path of the state that it leads to, as the chart says it; `from` where it stays. */
  readonly to: string;
}

/** The edge along which an actor goes that is in `value`, its state, and takes a transition. */
export function edgeOf(transition: AnyTransitionDefinition, value: unknown): Edge {
  const { source, target } = transition;
  const from = innermost(value, source.path);
  return { from, event: eventOf(transition), to: target?.[0]?.path.join('.') ?? from };
}

/** The event of a transition, in words. */
export function eventOf({ eventType, source }: AnyTransitionDefinition): string {
  if (eventType === '') return 'always';
  const [, what, rest = ''] = /^xstate\.(after|done\.actor|error\.actor|done\.state)\.(.*)$/.exec(eventType) ?? [];
  if (what === undefined) return eventType;
  if (what === 'after') return `after ${rest.slice(0, -source.id.length - 1)}`;
  if (what === 'done.state') return 'all finished';
  const invoked = source.invoke.find(({ id }) => id === rest);
  const actor = rest === '*' ? 'any actor' : (invoked?.src ?? rest);
  return `${String(actor)} ${what === 'done.actor' ? 'done' : 'failed'}`;
}

/** The path of the one state that is active within that at `path`, as far inside as there is only one. */
function innermost(value: unknown, path: readonly string[]): string {
  const keys = [...path];
  let inner = value;
  for (const key of path) inner = isRecord(inner) ? inner[key] : undefined;
  while (isRecord(inner)) {
    const [key, ...others] = Object.keys(inner);
    if (key === undefined || others.length > 0) return keys.join('.');
    keys.push(key);
    inner = inner[key];
  }
  if (typeof inner === 'string') keys.push(inner);
  return keys.join('.');
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
