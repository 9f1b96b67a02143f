// The texts of a drawing, before they have a place: what stands in the box of a state, and at an arrow.
import type { ChartState, ChartTransition } from './model.ts';
import { LINE_PX, type TextStyle, widthOf } from './text.ts';
import { actionsInWords, causeInWords, guardInWords } from './words.ts';

/** A piece of a line, in one style. */
export interface Run {
  readonly text: string;
  readonly style: TextStyle;
}

/** One line of text. */
export interface Line {
  readonly runs: readonly Run[];
  readonly widthPx: number;
  /** The event of the transition that the line tells of, as XState delivers it. */
  readonly event: string | undefined;
}

/** Lines below each other. */
export interface Block {
  readonly lines: readonly Line[];
  readonly widthPx: number;
  readonly heightPx: number;
}

/** An arrow: all transitions from one state to another. */
export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly events: readonly string[];
  readonly label: Block;
}

/** Head of a state's box: its name, what it does, and what it does not leave it for. The gallery says the rest. */
export function headOf(state: ChartState, title: string, stays: readonly ChartTransition[]): Block {
  return block([
    line([{ text: title, style: state.path === '' ? 'title' : 'name' }]),
    ...state.entry.map((action) => duty('entry', action)),
    ...state.invokes.map((actor) => duty('invoke', actor)),
    ...state.exit.map((action) => duty('exit', action)),
    ...stays.map(stayInLine),
  ]);
}

/** Block that stands for whichever state inside a state. */
export function anyState(): Block {
  return block([line([{ text: 'any state', style: 'muted' }])]);
}

/** The arrows of a chart: transitions between the same two states share one. */
export function arrowsOf(transitions: readonly ChartTransition[]): Arrow[] {
  const groups = new Map<string, ChartTransition[]>();
  for (const transition of transitions) {
    if (transition.to === undefined) continue;
    const key = `${transition.from} ${transition.to}`;
    groups.set(key, [...(groups.get(key) ?? []), transition]);
  }
  return [...groups.values()].map((group) => ({
    from: group[0]!.from,
    to: group[0]!.to!,
    events: [...new Set(group.map(({ event }) => event))],
    label: labelOf(group),
  }));
}

/** Each transition in a line; what they do stands below, once for neighbours that do the same. */
function labelOf(group: readonly ChartTransition[]): Block {
  const lines = group.flatMap((transition, index) => {
    const does = actionsInWords(transition.actions);
    const next = group[index + 1];
    const what = line(
      spaced([
        { text: causeInWords(transition.cause), style: 'event' },
        { text: guardInWords(transition), style: 'guard' },
      ]),
      transition.event,
    );
    const isSaidBelow = next !== undefined && actionsInWords(next.actions) === does;
    return does === '' || isSaidBelow ? [what] : [what, line([{ text: does, style: 'muted' }], transition.event)];
  });
  return block(lines);
}

function stayInLine(transition: ChartTransition): Line {
  const does = transition.actions.length === 0 ? 'stays' : actionsInWords(transition.actions);
  const runs = spaced([
    { text: causeInWords(transition.cause), style: 'event' },
    { text: guardInWords(transition), style: 'guard' },
    { text: does, style: 'muted' },
  ]);
  return line(runs, transition.event);
}

function duty(when: string, what: string): Line {
  return line([
    { text: `${when} / `, style: 'muted' },
    { text: what, style: 'event' },
  ]);
}

/** Leaves out empty runs, and puts a space between the others. */
function spaced(runs: readonly Run[]): Run[] {
  const full = runs.filter(({ text }) => text !== '');
  const shown: readonly Run[] = full.length === 0 ? [{ text: 'always', style: 'event' }] : full;
  return shown.map(({ text, style }, index) => ({ text: index === shown.length - 1 ? text : `${text} `, style }));
}

function line(runs: readonly Run[], event?: string): Line {
  return { runs, widthPx: runs.reduce((sum, { text, style }) => sum + widthOf(text, style), 0), event };
}

function block(lines: readonly Line[]): Block {
  return { lines, widthPx: Math.max(...lines.map(({ widthPx }) => widthPx)), heightPx: lines.length * LINE_PX };
}
