import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from '../support/compiled.ts';
import { textOf } from './pages.ts';

const workflow = textOf('.github/workflows/ci.yml');
const { engines, scripts }: { engines: { node: string }; scripts: Record<string, string> } = JSON.parse(
  textOf('package.json'),
);
const listOf = (name: string) => new RegExp(`^ +${name}: \\[(.*)\\]$`, 'm').exec(workflow)?.[1]?.split(', ');
const commands = [...workflow.matchAll(/^ +- run: (.*)$/gm)].map(([, command]) => command as string);

describe('the workflow', () => {
  it('runs commands that are there', () => {
    expect(commands).toContain('npm test');
    for (const command of commands) {
      const [program = '', word = '', script = ''] = command.split(' ');
      if (program !== 'npm') expect(existsSync(join(ROOT, program)), command).toBe(true);
      else if (word !== 'ci') expect(scripts).toHaveProperty(word === 'run' ? script : word);
    }
  });

  it('tries the lowest Node that the package takes, on each system', () => {
    expect(listOf('node')?.[0]).toBe(/\d+/.exec(engines.node)?.[0]);
    expect(listOf('os')).toEqual(['ubuntu-latest', 'macos-latest', 'windows-latest']);
  });

  it('may read the sources, and nothing else', () => {
    expect(workflow.match(/permissions:\n(?: +.*\n)*/g)).toEqual(['permissions:\n  contents: read\n']);
  });

  it('names the version of each action', () => {
    const used = [...workflow.matchAll(/uses: (\S+)/g)].map(([, action]) => action);
    expect(used.length).toBeGreaterThan(0);
    for (const action of used) expect(action).toMatch(/^[\w-]+\/[\w-]+@v\d+$/);
  });

  it('has no script that only one kind of shell understands', () => {
    const wrong = Object.entries(scripts).filter(([, script]) =>
      /(^|&& )(\w+=|rm |cp |mkdir )|'|;\s|\$/.test(script.replace(/node -e \\?".*?"/, '')),
    );
    expect(wrong).toEqual([]);
  });
});
