import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { SUBJECTS } from '../../../visualizations/draw/machines.ts';
import { pathsOf, transitionsOf } from './support.ts';

/** A drawing in the repository: that it is what would be drawn now, `test/docs/drawings.test.ts` shows. */
const drawing = (name: string) => readFileSync(new URL(`../../../visualizations/${name}`, import.meta.url), 'utf8');

/** What stands between `"`s in an attribute, as it was before it was written. */
function unescaped(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)));
}

describe.each(SUBJECTS)('the drawings of $file', ({ file, machine }) => {
  const svg = drawing(`${file}.svg`);
  const mermaid = drawing(`${file}.mmd`);

  it('hold every state', () => {
    const paths = pathsOf(machine);
    expect(paths.length).toBeGreaterThan(3);
    for (const path of paths) {
      expect(svg).toContain(`data-state="${path}"`);
      expect(svg).toContain(`>${path.split('.').at(-1)}</tspan>`);
      expect(mermaid).toContain(`state "${path.split('.').at(-1)}" as ${path.replaceAll('.', '_')}`);
    }
  });

  it('hold every transition that leads to a state, at an arrow from one to the other', () => {
    const arrows = [...svg.matchAll(/<g class="arrow" data-from="(.*?)" data-to="(.*?)" data-event="(.*?)">/g)];
    for (const { source, target, eventType } of transitionsOf(machine)) {
      if (target === undefined) continue;
      const [from, to] = [source.path.join('.'), target[0]!.path.join('.')];
      const arrow = arrows.find((found) => found[1] === from && found[2] === to);
      expect(unescaped(arrow?.[3] ?? 'none').split(' '), `${from} -> ${to}`).toContain(eventType);
      const ends = `${from.replaceAll('.', '_')}(any|_any)? --> ${to.replaceAll('.', '_')} : `;
      expect(mermaid).toMatch(new RegExp(`^ *${ends}`, 'm'));
    }
  });

  it('say each event, guard, delay and action', () => {
    for (const { source, eventType, guard, actions } of transitionsOf(machine)) {
      const delay = /^xstate\.after\.(.+?)\./.exec(eventType)?.[1];
      const said = [
        ...(delay === undefined ? [] : [`after '${delay}'`]),
        ...(/^xstate\.|^$/.test(eventType) ? [] : [eventType]),
        ...(guard === undefined ? [] : [`[${typeof guard === 'object' ? guard.type : guard}]`]),
        ...actions.map((action) => (typeof action === 'object' ? action.type : action)),
      ];
      for (const words of said) {
        expect(svg, `${source.id} ${eventType}`).toContain(String(words));
        expect(mermaid, `${source.id} ${eventType}`).toContain(String(words));
      }
    }
  });

  it('hold as many lines for transitions as there are transitions', () => {
    const count = transitionsOf(machine).length;
    const inMermaid = mermaid.split('\n').flatMap((line) => {
      if (/ --> .* : /.test(line)) return line.split('<br/>');
      return /^ *(%% in any state: )?(?!entry|invoke|exit)\S.* \/ \w/.test(line) ? [line] : [];
    });
    expect(inMermaid).toHaveLength(count);
  });
});
