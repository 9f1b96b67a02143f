import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { drawAll } from '../../visualizations/draw/files.ts';
import { ROOT } from '../support/build-cache.ts';

const files = await drawAll();

describe('the drawings in visualizations/', () => {
  it.each([...files])('%s is current (npm run visualize)', (name, text) => {
    expect(readFileSync(join(ROOT, 'visualizations', name), 'utf8')).toBe(text);
  });

  it('are all there is, one of each for every machine', () => {
    const found = readdirSync(join(ROOT, 'visualizations'), { withFileTypes: true }).filter((entry) => entry.isFile());
    // Beside what the tests of the machines write themselves.
    expect(found.map(({ name }) => name).sort()).toEqual([...files.keys(), 'coverage.md', 'walked.json'].sort());
    const machines = readdirSync(join(ROOT, 'machines'))
      .filter((name) => readFileSync(join(ROOT, 'machines', name), 'utf8').includes('.createMachine('))
      .map((name) => name.replace('.ts', '.svg'));
    expect([...files.keys()].filter((name) => name.endsWith('.svg')).sort()).toEqual(machines.sort());
  });

  it('are shown in the gallery with picture, Mermaid source and machine', () => {
    const gallery = files.get('README.md')!;
    for (const name of files.keys()) if (name !== 'README.md') expect(gallery).toContain(`(${name})`);
    const codes = new Set([...gallery.matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, code]) => code));
    const source = readFileSync(join(ROOT, 'src/base/errors/codes.ts'), 'utf8');
    for (const code of codes) expect(source).toContain(`'${code}'`);
  });
});
