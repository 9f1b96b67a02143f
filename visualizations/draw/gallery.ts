// The page that shows all drawings.
import type { Subject } from './machines.ts';
import { type ChartState, readChart } from './model.ts';

const HOW_TO_READ = `How to read them: a box is a state, a box in a box is a state within a state, and a dot points to where it starts. A
double border is an end. An arrow says what leads from one state to the next: an event, \`after\` a delay, or an actor that
is \`done\` or \`failed\`; a \`[guard]\` is the condition, and one that stands alone is acted on as soon as it holds;
\`/ action\` is what is done on the way. In a box stand what is done on \`entry\` and on \`exit\`, which actors are invoked
while it lasts, and the events that do not leave it. \`any state\` stands for every state in the same box, unless the
state itself says otherwise.`;

/** The gallery, in Markdown. */
export function galleryOf(subjects: readonly Subject[]): string {
  return `${[
    '# The state machines, drawn',
    'Made from the machines in [`machines/`](../machines) by `npm run visualize`, and checked by a test to be current: do\nnot edit these files by hand.',
    HOW_TO_READ,
    'How much of each machine the tests walk along, and which changes to it they notice: [coverage](coverage.md). The\nedges that they walk are in [walked.json](walked.json); `npx cmd-stream coverage` lays those of production over them.',
    subjects.map(({ file, title }) => `[${title}](#${file})`).join(' · '),
    ...subjects.map(section),
  ].join('\n\n')}\n`;
}

function section({ file, title, summary, machine }: Subject): string {
  const { root } = readChart(machine);
  return [
    `## ${title}`,
    root.description ?? '',
    `![${summary}](${file}.svg)`,
    root.states.flatMap((state) => describedStates(state, '')).join('\n'),
    `[Machine](../machines/${file}.ts) · [Mermaid source](${file}.mmd)`,
  ].join('\n\n');
}

/** Descriptions of a state and the states in it, as items of a list; states without one are left out. */
function describedStates(state: ChartState, indent: string): string[] {
  const { name, description, states } = state;
  const inner = states.flatMap((within) => describedStates(within, description === undefined ? indent : `${indent}  `));
  return description === undefined ? inner : [`${indent}- \`${name}\`: ${description}`, ...inner];
}
