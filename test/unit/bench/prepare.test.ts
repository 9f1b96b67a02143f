import { describe, expect, it } from 'vitest';
import { hasProgram, installedVersion, ROOT } from '../../bench/places.ts';
import { prepare } from '../../bench/prepare.ts';
import { ROWS } from '../../bench/systems/index.ts';
import type { Row } from '../../bench/systems/row.ts';

const row = (id: string, missing?: string): Row => ({
  id,
  about: '',
  kind: 'peer',
  canWait: false,
  missing: () => missing,
  version: () => undefined,
  runs: { load: () => Promise.reject(new Error('not to be loaded')) },
});

describe('the rows of a run', () => {
  it('are those that have what they need; of the others it says what they lack', () => {
    const here = row('here');
    expect(prepare([here, row('away', 'no thing')])).toEqual({ ready: [here], skipped: ['away skipped: no thing'] });
  });

  it('have names of their own, and the library and raw need nothing but a broker where they go over one', () => {
    expect(new Set(ROWS.map(({ id }) => id)).size).toBe(ROWS.length);
    const bound = ROWS.filter(
      ({ kind, id, missing }) => kind !== 'peer' && id !== 'cmd-stream-nats' && missing() !== undefined,
    );
    expect(bound).toEqual([]);
  });

  it('know which packages and programs are there', () => {
    expect(installedVersion('msgpackr', ROOT)).toMatch(/^\d+\.\d+\.\d+$/);
    expect(installedVersion('no-such-package', ROOT)).toBeUndefined();
    expect(hasProgram('sh')).toBe(true);
    expect(hasProgram('no-such-program')).toBe(false);
  });
});
