import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PEERS } from '../../bench/places.ts';
import { PEER_ROWS } from '../../bench/systems/peers.ts';

interface Locked {
  readonly version?: string;
  readonly engines?: { readonly node?: string };
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
}
const text = readFileSync(join(PEERS, 'package-lock.json'), 'utf8');
const { packages } = JSON.parse(text) as { packages: Readonly<Record<string, Locked>> };

describe('the peers of the bench', () => {
  it('are locked without the name of a registry', () => {
    expect(text).not.toMatch(/https?:\/\/registry|"resolved"/);
  });

  it('are locked for every platform, without which npm ci refuses them', () => {
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter((name) => packages[`node_modules/${name}`]?.version === undefined),
    );
    expect(missing).toEqual([]);
  });

  it('each have a file of their own, which imports what package.json names', () => {
    const named = Object.keys(packages['']?.dependencies ?? {});
    expect(named.length).toBeGreaterThan(10);
    const files = [
      'ws',
      'ioredis',
      'socket-io',
      'moleculer',
      'undici',
      'capnweb',
      'nats',
      'trpc',
      'grpc-js',
      'connect',
    ];
    const imported = files.flatMap((file) => {
      const source = readFileSync(join(PEERS, `${file}.ts`), 'utf8');
      return [...source.matchAll(/from '((?:@[\w-]+\/)?[a-z][\w.-]*)(?:\/[\w/]+)?'/g)].map(
        ([, name]) => name as string,
      );
    });
    expect(imported.length).toBeGreaterThan(10);
    expect(imported.filter((name) => !named.includes(name))).toEqual([]);
  });

  it('say of each what is missing, or nothing', () => {
    for (const row of PEER_ROWS) expect([undefined, expect.stringMatching(/^no /)]).toContainEqual(row.missing());
    expect(PEER_ROWS.map(({ id }) => id)).toContain('go');
  });
});
