import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { ROOT } from '../../support/compiled.ts';
import type { Items } from './paths.ts';

/** What is told of one machine. */
export interface Section {
  readonly declared: { readonly states: number; readonly transitions: number; readonly guards: number };
  /** What the paths reach: each item has been replayed once the replays have passed. */
  readonly reachable: Items;
  readonly paths: number;
  /** Nothing where none have been tried. */
  readonly mutants?: {
    readonly total: number;
    readonly caught: number;
    /** Those that are the same machine in other words, as a walk through all states of both has shown. */
    readonly same: readonly string[];
    /** Those that are not, and cannot be told apart all the same; with the reason. */
    readonly equivalent: Readonly<Record<string, string>>;
  };
}

const FILE = join(ROOT, 'visualizations/coverage.md');
/** The command that writes what the tests tell of the machines. */
export const COMMAND = 'COVERAGE=write npx vitest run test/graph --no-file-parallelism';
const MACHINES = [
  'request',
  'compiled request',
  'circuit breaker',
  'addresses',
  'client',
  'connection',
  'group',
  'session',
  'server',
  'channel',
  'worker',
  'workers',
];

const HEAD = `# What the tests of the machines cover

Written by the tests themselves: \`${COMMAND}\`.

Paths are worked out by \`@xstate/graph\` from the machines as they stand in \`machines/\`. Each is then walked by the real
implementation, over the in-memory transport and a clock of the test's: a refused dial, a reset, a silent peer, time that
passes, a call. After every step the actor's state, and what a user sees, must be what the machine says. A mutant is the
machine with one change: a transition that leads elsewhere or is gone, a guard that says the opposite, an action, an
invoked actor or a re-entry that is left out, another initial state. It is caught when the implementation that runs it
leaves the path somewhere. A mutant that does the same as the machine, event by event, in every state that can be reached
(which is computed, not claimed) is the same machine in other words, and is counted apart.
`;

/** Checks the section of a machine against the file; with \`COVERAGE=write\` puts it there. */
export function writeSection(name: string, section: Section): void {
  const text = render(name, section);
  const there = existsSync(FILE) ? readFileSync(FILE, 'utf8') : '';
  if (process.env.COVERAGE === 'write') {
    mkdirSync(dirname(FILE), { recursive: true });
    const sections = MACHINES.map((machine) => (machine === name ? text : sectionOf(there, machine)));
    writeFileSync(FILE, `${[HEAD.trimEnd(), ...sections.filter((part) => part !== '')].join('\n\n')}\n`);
    return;
  }
  const told = sectionOf(there, name);
  expect(
    section.mutants === undefined ? withoutMutants(told) : told,
    `visualizations/coverage.md is not current; rewrite it: ${COMMAND}`,
  ).toBe(text);
}

function sectionOf(text: string, name: string): string {
  return (
    text
      .split(/\n(?=## )/)
      .find((part) => part.startsWith(`## ${titleOf(name)}\n`))
      ?.trimEnd() ?? ''
  );
}

/** What is told of the paths alone. */
const withoutMutants = (text: string) => text.replace(/\n\| Mutants caught [\s\S]*$/, '');

const titleOf = (name: string) => name.charAt(0).toUpperCase() + name.slice(1);

function render(name: string, { declared, reachable, paths, mutants }: Section): string {
  const guardsRefused = [...reachable.refusals].filter((label) => label.includes('[')).length;
  const rows: [string, string, string][] = [
    ['States', String(reachable.states.size), String(declared.states)],
    ['Transitions', String(reachable.transitions.size), String(declared.transitions)],
    ['Pairs of consecutive transitions', String(reachable.pairs.size), String(reachable.pairs.size)],
    ['Guards seen to refuse', String(guardsRefused), String(guardsRefused)],
    ['What can happen, in every state', String(reachable.stimuli.size), String(reachable.stimuli.size)],
  ];
  const table = [`## ${titleOf(name)}`, '', `| ${paths} paths | covered | of |`, '|---|--:|--:|', ...rows.map(rowOf)];
  return (mutants === undefined ? table : [...table, ...linesOf(mutants)]).join('\n');
}

const rowOf = ([what, covered, of]: readonly string[]) => `| ${what} | ${covered} | ${of} |`;

function linesOf({ total, caught, same, equivalent }: NonNullable<Section['mutants']>): string[] {
  const reasons = Object.entries(equivalent).map(([mutant, reason]) => `- \`${mutant}\`: ${reason}`);
  return [
    rowOf(['Mutants caught', String(caught), String(total - same.length)]),
    ...(same.length === 0
      ? []
      : [
          '',
          `<details><summary>${same.length} more mutants are the same machine</summary>`,
          '',
          ...same.map((mutant) => `- \`${mutant}\``),
          '',
          '</details>',
        ]),
    ...(reasons.length === 0 ? [] : ['', 'Mutants that nobody can tell from the machine:', '', ...reasons]),
  ];
}
