import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { drawAll } from '../../../visualizations/draw/files.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const files = await drawAll();

describe('the drawings', () => {
  it('come out the same every time', async () => {
    expect(await drawAll()).toEqual(files);
  });
});

describe('npm run visualize -- --check', () => {
  it('names the drawing that is not current and fails; writing it mends that', () => {
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
