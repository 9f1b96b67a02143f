import { describe, expect, it } from 'vitest';
import { galleryOf } from '../../../visualizations/draw/gallery.ts';
import { SUBJECTS } from '../../../visualizations/draw/machines.ts';
import { readChart, statesOf } from '../../../visualizations/draw/model.ts';

describe.each(SUBJECTS)('the machine of $title', (subject) => {
  const { root } = readChart(subject.machine);

  it('says what it is, and what each of its states means to a user', () => {
    expect(root.description).toMatch(/\.$/);
    const silent = root.states.filter(({ description, isRegion }) => description === undefined && !isRegion);
    // What holds two things that go on side by side is described by them.
    expect(silent.filter(({ kind }) => kind !== 'parallel').map(({ path }) => path)).toEqual([]);
  });

  it('is described on the page by its own words', () => {
    const page = galleryOf([subject]);
    for (const { name, description } of statesOf(root).filter(({ path }) => path !== '')) {
      if (description !== undefined) expect(page).toContain(`- \`${name}\`: ${description}`);
    }
  });
});
