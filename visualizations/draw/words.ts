// What stands in the drawings: a transition in words.
import type { Cause, ChartTransition } from './model.ts';

/** Cause of a transition in words: `after 'backoff'`, `connect done`; empty for `always`. */
export function causeInWords(cause: Cause): string {
  switch (cause.kind) {
    case 'event':
      return cause.name;
    case 'after':
      return `after '${cause.delay}'`;
    case 'always':
      return '';
    case 'done':
    case 'failed':
      return `${cause.actor === '*' ? 'any actor' : cause.actor} ${cause.kind}`;
    case 'finished':
      return 'all finished';
  }
}

/** On which condition a transition is taken: `[isIdle]`, `[else]`, or empty. */
export function guardInWords({ guard, otherwise }: ChartTransition): string {
  if (guard !== undefined) return `[${guard}]`;
  return otherwise ? '[else]' : '';
}

/** Actions of a transition in words: `/ rememberError`, or empty. */
export function actionsInWords(actions: readonly string[]): string {
  return actions.length === 0 ? '' : `/ ${actions.join(', ')}`;
}

/** A transition in one line, as UML writes it: `event [guard] / actions`. */
export function transitionInWords(transition: ChartTransition): string {
  const does = transition.to === undefined && transition.actions.length === 0;
  const parts = [
    causeInWords(transition.cause),
    guardInWords(transition),
    does ? '/ nothing' : actionsInWords(transition.actions),
  ];
  return parts.filter((part) => part !== '').join(' ') || 'always';
}
