import { describe, expect, it } from 'vitest';
import { SUBJECTS } from '../../../visualizations/draw/machines.ts';
import { mermaidOf } from '../../../visualizations/draw/mermaid.ts';
import { readChart } from '../../../visualizations/draw/model.ts';

const ID = '[A-Za-z]\\w*';
const STATEMENTS = [
  /^direction TB$/,
  new RegExp(`^state "[\\w ]+" as (${ID})( \\{)?$`),
  new RegExp(`^\\[\\*\\] --> ${ID}$`),
  new RegExp(`^${ID} --> \\[\\*\\]$`),
  new RegExp(`^${ID} --> ${ID} : [^:;{}#]+$`),
  /^--$/,
  /^\}$/,
  /^%% [^{}]+$/,
];

describe.each(SUBJECTS)('the Mermaid source of $file', ({ machine, title }) => {
  const lines = mermaidOf(readChart(machine), title).trimEnd().split('\n');
  const body = lines.slice(4).map((line) => line.trim());
  const notes = body.join('\n').match(/^note right of [\s\S]*?^end note$/gm) ?? [];
  const statements = body
    .join('\n')
    .replace(/^note right of [\s\S]*?^end note$\n?/gm, '')
    .split('\n')
    .filter((line) => line !== '');
  const declared = statements.flatMap((line) => /^state ".*" as (\w+)/.exec(line)?.[1] ?? []);

  it('starts as a state diagram with a title', () => {
    expect(lines.slice(0, 4)).toEqual(['---', `title: ${title}`, '---', 'stateDiagram-v2']);
  });

  it('consists of statements that Mermaid knows', () => {
    expect(statements.filter((line) => !STATEMENTS.some((known) => known.test(line)))).toEqual([]);
  });

  it('closes what it opens', () => {
    let depth = 0;
    for (const line of statements) {
      depth += line.endsWith('{') ? 1 : line === '}' ? -1 : 0;
      expect(depth).toBeGreaterThanOrEqual(0);
    }
    expect(depth).toBe(0);
    expect(body.filter((line) => line.startsWith('note '))).toHaveLength(notes.length);
  });

  it('declares each state once, and every state that an arrow or a note names', () => {
    expect(new Set(declared).size).toBe(declared.length);
    const named = statements.flatMap((line) => /^(\S+) --> (\S+)/.exec(line)?.slice(1) ?? []);
    const noted = notes.map((note) => /^note right of (\w+)$/m.exec(note)?.[1] ?? note);
    for (const id of [...named, ...noted]) expect([...declared, '[*]']).toContain(id);
    for (const id of declared)
      expect(['end', 'state', 'note', 'as', 'direction', 'class', 'default']).not.toContain(id);
  });

  it('has notes without anything that Mermaid takes for the end of one', () => {
    for (const note of notes) expect(note).not.toMatch(/[:;#{}]/);
  });
});
