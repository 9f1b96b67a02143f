import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ROOT } from './sources.ts';

const text = readFileSync(join(ROOT, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as {
  packages: Record<string, { version?: string; optionalDependencies?: Record<string, string> }>;
};

describe('package-lock.json', () => {
  it('names no registry', () => {
    expect(text).not.toMatch(/https?:\/\/registry|"resolved"/);
  });

  it('holds the optional packages of every platform, without which npm ci refuses it', () => {
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => packages[`node_modules/${name}`]?.version === undefined),
    );
    expect(missing).toEqual([]);
  });
});
