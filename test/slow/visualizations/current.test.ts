import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawAll } from '../../../visualizations/draw/files.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const files = await drawAll();

describe('the drawings in visualizations/', () => {
  it.each([...files])('%s is current (npm run visualize)', (name, text) => {
    expect(readFileSync(join(ROOT, 'visualizations', name), 'utf8')).toBe(text);
  });

  it('are all there is, one of each for every machine', () => {
    const found = readdirSync(join(ROOT, 'visualizations'), { withFileTypes: true }).filter((entry) => entry.isFile());
    // Beside what the tests of the machines write themselves.
    expect(found.map(({ name }) => name).sort()).toEqual([...files.keys(), 'coverage.md'].sort());
    const machines = readdirSync(join(ROOT, 'machines'))
      .filter((name) => readFileSync(join(ROOT, 'machines', name), 'utf8').includes('.createMachine('))
      .map((name) => name.replace('.ts', '.svg'));
    expect([...files.keys()].filter((name) => name.endsWith('.svg')).sort()).toEqual(machines.sort());
  });

  it('come out the same every time', async () => {
    expect(await drawAll()).toEqual(files);
  });

  it('are shown in the gallery with picture, Mermaid source and machine', () => {
    const gallery = files.get('README.md')!;
    for (const name of files.keys()) if (name !== 'README.md') expect(gallery).toContain(`(${name})`);
    const codes = new Set([...gallery.matchAll(/`([a-z]+-[a-z-]+)`/g)].map(([, code]) => code));
    const source = readFileSync(join(ROOT, 'src/base/errors/codes.ts'), 'utf8');
    for (const code of codes) expect(source).toContain(`'${code}'`);
  });
});

describe('npm run visualize -- --check', () => {
  it('names the drawing that is not current and fails; writing it mends that', { timeout: 60_000 }, () => {
    const copy = mkdtempSync(join(tmpdir(), 'drawings-'));
    onTestFinished(() => rmSync(copy, { recursive: true }));
    for (const name of ['machines', 'visualizations', 'package.json'])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    const visualize = (...options: string[]) =>
      execFileSync(process.execPath, ['--import', 'tsx', join(copy, 'visualizations/draw/main.ts'), ...options], {
        cwd: copy,
        encoding: 'utf8',
        stdio: 'pipe',
      });
    appendFileSync(join(copy, 'visualizations/group.svg'), '<!-- by hand -->');
    expect(() => visualize('--check')).toThrow(
      expect.objectContaining({ status: 1, stdout: 'visualizations/group.svg is not current\n' }),
    );
    expect(visualize()).toBe('visualizations/group.svg written\n');
    expect(readFileSync(join(copy, 'visualizations/group.svg'), 'utf8')).toBe(files.get('group.svg'));
  });
});
