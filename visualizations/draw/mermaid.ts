// Writes a chart as a Mermaid stateDiagram-v2, for readers and tools that know Mermaid.
import { type Chart, type ChartState, type ChartTransition, contains, statesOf } from './model.ts';
import { transitionInWords } from './words.ts';

/** The Mermaid source of a chart. */
export function mermaidOf(chart: Chart, title: string): string {
  const outside = chart.transitions.filter((transition) => homeOf(transition) === '');
  return [
    '---',
    `title: ${title}`,
    '---',
    'stateDiagram-v2',
    '  direction TB',
    ...insideOf(chart.root, chart).map(indent),
    ...arrows(outside).map(indent),
    ...statesOf(chart.root)
      .flatMap((state) => notes(state, chart))
      .map(indent),
    '',
  ].join('\n');
}

/** Lines between the braces of a state: its states, where it starts, and the arrows that stay within it. */
function insideOf(state: ChartState, chart: Chart): string[] {
  const regions = state.kind === 'parallel';
  const starts = state.initial === undefined ? [] : [`[*] --> ${idOf(state.initial)}`];
  const any = isWhole(state, chart) ? [`state "any state" as ${anyOf(state.path)}`] : [];
  const states = state.states.flatMap((inner, index) => [
    ...(regions && index > 0 ? ['--'] : []),
    ...declarationOf(inner, chart),
  ]);
  const ends = state.states.filter(({ kind }) => kind === 'final').map(({ path }) => `${idOf(path)} --> [*]`);
  const here = state.path === '' ? [] : chart.transitions.filter((one) => homeOf(one) === state.path);
  return [...starts, ...any, ...states, ...arrows(here), ...ends];
}

/** Whether transitions of a state lead to states inside it: they are drawn from a stand-in for all of those. */
function isWhole({ path }: ChartState, chart: Chart): boolean {
  return chart.transitions.some(({ from, to }) => from === path && to !== undefined && contains(from, to));
}

function declarationOf(state: ChartState, chart: Chart): string[] {
  const opening = `state "${state.name}" as ${idOf(state.path)}`;
  if (state.states.length === 0) return [opening];
  return [`${opening} {`, ...insideOf(state, chart).map(indent), '}'];
}

/** One arrow for all transitions between the same two states. */
function arrows(transitions: readonly ChartTransition[]): string[] {
  const labels = new Map<string, string[]>();
  for (const transition of transitions) {
    const { from, to } = transition;
    if (to === undefined) continue;
    const ends = `${contains(from, to) ? anyOf(from) : idOf(from)} --> ${idOf(to)}`;
    labels.set(ends, [...(labels.get(ends) ?? []), transitionInWords(transition)]);
  }
  return [...labels].map(([ends, lines]) => `${ends} : ${lines.join('<br/>')}`);
}

/** Notes on what a state does on its own: entry, exit, actors, and events that do not leave it. Mermaid has no place in a box. */
function notes(state: ChartState, chart: Chart): string[] {
  const lines = [
    ...state.entry.map((action) => `entry / ${action}`),
    ...state.invokes.map((actor) => `invoke / ${actor}`),
    ...state.exit.map((action) => `exit / ${action}`),
    ...chart.transitions.filter(({ from, to }) => from === state.path && to === undefined).map(transitionInWords),
  ];
  if (lines.length === 0) return [];
  // The machine itself is no box to hang a note on.
  if (state.path === '' && !isWhole(state, chart)) return lines.map((line) => `%% in any state: ${line}`);
  return [`note right of ${state.path === '' ? anyOf('') : idOf(state.path)}`, ...lines.map(indent), 'end note'];
}

/** The innermost state around both ends of a transition: where Mermaid wants its arrow. */
function homeOf({ from, to }: ChartTransition): string {
  if (to === undefined || contains(from, to)) return from;
  const keys = from.split('.').slice(0, -1);
  while (keys.length > 0 && !contains(keys.join('.'), to)) keys.pop();
  return keys.join('.');
}

const idOf = (path: string) => path.replaceAll('.', '_');

const anyOf = (path: string) => (path === '' ? 'any' : `${idOf(path)}_any`);

const indent = (text: string) => `  ${text}`;
