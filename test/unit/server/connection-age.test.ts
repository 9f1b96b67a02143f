import { describe, expect, it } from 'vitest';
import { DeadlineQueue } from '../../../src/base/deadline-queue.ts';
import { ConnectionAge } from '../../../src/server/connection-age.ts';
import { resolveServerOptions, type ServerOptions } from '../../../src/server/options.ts';
import type { Service } from '../../../src/server/service.ts';
import { VirtualClock } from '../../../src/testing/kit/virtual-clock.ts';

function stage(options: ServerOptions) {
  const clock = new VirtualClock();
  const service = { options: resolveServerOptions(options), deadlines: new DeadlineQueue(clock) } as Service;
  const elapsedMs: number[] = [];
  return { clock, elapsedMs, age: () => ConnectionAge.of(service, () => elapsedMs.push(clock.monotonicMs())) };
}

describe('the age of a connection', () => {
  it('differs by up to a tenth from one to another', () => {
    const draws = [0, 0.25, 0.5, 0.999_999];
    const { clock, elapsedMs, age } = stage({ maxConnectionAgeMs: 100, random: () => draws.shift() ?? 0 });
    const startMs = clock.monotonicMs();
    for (let connection = 0; connection < 4; connection++) age()?.start();
    clock.advance(200);
    expect(elapsedMs.map((ms) => ms - startMs)).toEqual([90, 95, 100, 110]);
  });

  it('is counted no more once the connection has ended', () => {
    const { clock, elapsedMs, age } = stage({ maxConnectionAgeMs: 100 });
    const first = age();
    first?.start();
    age()?.start();
    first?.stop();
    first?.stop();
    clock.advance(200);
    expect(elapsedMs).toHaveLength(1);
  });

  it('draws nothing, and is none, where connections may last for ever', () => {
    const { age } = stage({
      random: () => {
        throw new Error('drawn');
      },
    });
    expect(age()).toBeUndefined();
  });

  it('is no more than a timer holds', () => {
    const { clock, elapsedMs, age } = stage({ maxConnectionAgeMs: 2_147_483_647, random: () => 0.999 });
    age()?.start();
    clock.advance(1_000);
    expect(elapsedMs).toEqual([]);
  });
});
