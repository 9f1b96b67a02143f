import { setTimeout as delay } from 'node:timers/promises';
import { HonestClient } from './honest.ts';
import type { AttackAnswer, AttackName } from './messages.ts';
import { Attackers, type Held, ServerProcess } from './processes.ts';

/** What an attack has done to a server and to an honest client beside it. */
export interface Attacked {
  /** The medians of the honest client's waiting times. */
  readonly aloneMs: number;
  readonly besideMs: number;
  readonly ratio: number;
  /** By how much what the server holds has grown, after collecting: during the attack, and after it. */
  readonly grownBytes: number;
  readonly leftBytes: number;
  readonly residentBytes: number;
  /** What the server held during the attack. */
  readonly held: Held;
  readonly attackers: AttackAnswer;
}

/** Whether an attack has come to its full strength; `before` is a quarter of a second ago. */
export type Readiness = (now: AttackAnswer, before: AttackAnswer) => boolean;

const ROUNDS = 2;
const TRIES = 6;

/**
 * Attacks a server in a process of its own, from another process, and measures by turns how an honest client fares beside
 * the attack and without it: medians, since whatever else the machine does is in both.
 */
export async function attacked(attack: AttackName, count: number, ready: Readiness): Promise<Attacked> {
  await using server = await ServerProcess.start();
  await using honest = await HonestClient.connect(server.port);
  await honest.medianMs(300);
  const before = await server.held();
  const alone: number[] = [];
  const beside: number[] = [];
  let [held, attackers] = [before, undefined as AttackAnswer | undefined];
  for (let round = 0; round < ROUNDS; round++) {
    alone.push(await honest.medianMs());
    await using hostile = new Attackers();
    hostile.start(attack, server.port, count);
    attackers = await reaches(hostile, ready);
    beside.push(await honest.medianMs(500));
    const now = await server.held();
    if (now.usedBytes > held.usedBytes) held = now;
    beside.push(await honest.medianMs(500));
    if (attackers.problem !== undefined) throw new Error(`the attack failed: ${attackers.problem}`);
    // One round of thousands of dials is enough.
    if (count > 1_000) break;
  }
  while ((await server.held()).connections > 1) await delay(20);
  alone.push(await honest.medianMs());
  const after = await server.held();
  const [aloneMs, besideMs] = [middle(alone), middle(beside)];
  return {
    aloneMs,
    besideMs,
    ratio: besideMs / aloneMs,
    grownBytes: held.usedBytes - before.usedBytes,
    leftBytes: after.usedBytes - before.usedBytes,
    residentBytes: held.residentBytes,
    held,
    attackers: attackers as AttackAnswer,
  };
}

/** Attacks again and again, until the honest client fares as `isFair` wants it: other programs are busy as well. */
export async function attackedFairly(
  attack: AttackName,
  count: number,
  ready: Readiness,
  isFair: (attacked: Attacked) => boolean,
): Promise<Attacked> {
  for (let tries = 1; ; tries++) {
    const seen = await attacked(attack, count, ready);
    const { aloneMs, besideMs, ratio, grownBytes, residentBytes } = seen;
    const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    console.log(
      `${attack} (${seen.held.connections - 1} connections): ${besideMs.toFixed(2)} ms beside it, ${aloneMs.toFixed(2)} ms ` +
        `alone, ratio ${ratio.toFixed(1)}; server +${mib(grownBytes)}, resident ${mib(residentBytes)}`,
    );
    if (isFair(seen) || tries === TRIES) return seen;
    await delay(tries * 1_000);
  }
}

async function reaches(hostile: Attackers, ready: Readiness): Promise<AttackAnswer> {
  const endMs = performance.now() + 30_000;
  for (let before = await hostile.progress(); ; ) {
    await delay(250);
    const progress = await hostile.progress();
    if (ready(progress, before) || progress.problem !== undefined) return progress;
    if (performance.now() > endMs) throw new Error(`the attack is not getting anywhere: ${JSON.stringify(progress)}`);
    before = progress;
  }
}

function middle(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1] as number;
}
