import { setTimeout as delay } from 'node:timers/promises';
import type { CmdStreamError, Hooks, Sender } from 'cmd-stream';
import { marked } from './counted-service.ts';

/** One send, and all that is known of it. */
export interface Sent {
  readonly id: number;
  readonly kind: 'single' | 'stream';
  readonly text: string;
  readonly count: number;
  readonly startMs: number;
  readonly timeoutMs: number;
  /** How often it was told to its caller that it is over. */
  settled: number;
  settledMs: number;
  error: CmdStreamError | undefined;
  /** What a single send resolved to, and the Results of a stream. */
  values: unknown[];
}

/** How often hooks were told of a send. */
export interface Told {
  results: number;
  ends: number;
  /** Something was told after the end. */
  late: number;
}

const STREAM_EVERY = 5;
const PARTS = 12;

/** Sends, and keeps the books. */
export class Traffic {
  readonly sends: Sent[] = [];
  /** What hooks were told, by id. */
  readonly told = new Map<number, Told>();
  readonly #running = new Set<Promise<void>>();
  #nextId = 1;

  /** Hooks for the sender that the traffic goes through. */
  readonly hooks = (): Hooks => {
    let told: Told | undefined;
    const end = () => {
      if (told === undefined) return;
      if (told.ends > 0) told.late++;
      told.ends++;
    };
    return {
      beforeSend: ({ payload }) => {
        told = { results: 0, ends: 0, late: 0 };
        this.told.set((payload as { id: number }).id, told);
      },
      onResult: (_, { last }) => {
        if (told === undefined) return;
        if (told.ends > 0) told.late++;
        told.results++;
        if (last) told.ends++;
      },
      onError: end,
      onTimeout: end,
      onCancel: end,
    };
  };

  /** Sends for so long, one send every few milliseconds, whatever becomes of them. */
  async flow(sender: Sender<typeof marked>, durationMs: number, timeoutMs: number): Promise<void> {
    const endMs = performance.now() + durationMs;
    while (performance.now() < endMs) {
      this.send(sender, timeoutMs, { waitForReady: this.#nextId % 2 === 0 });
      await delay(8);
    }
  }

  /** Starts one send. */
  send(sender: Sender<typeof marked>, timeoutMs: number, options: { readonly waitForReady: boolean }): Sent {
    const id = this.#nextId++;
    const sent: Sent = {
      id,
      kind: id % STREAM_EVERY === 0 ? 'stream' : 'single',
      text: `${id}:${'x'.repeat((id * 137) % 1_500)}`,
      count: PARTS,
      startMs: performance.now(),
      timeoutMs,
      settled: 0,
      settledMs: 0,
      error: undefined,
      values: [],
    };
    this.sends.push(sent);
    const running = this.#perform(sender, sent, options)
      .catch((error: CmdStreamError) => {
        sent.error = error;
      })
      .then(() => {
        sent.settled++;
        sent.settledMs = performance.now();
        this.#running.delete(running);
      });
    this.#running.add(running);
    return sent;
  }

  /** Resolves once every send has settled; rejects where one does not. */
  async settle(withinMs: number): Promise<void> {
    const giveUp = new AbortController();
    const late = delay(withinMs, undefined, { signal: giveUp.signal }).then(() => {
      throw new Error(`${this.#running.size} sends have not settled`);
    });
    try {
      await Promise.race([Promise.all(this.#running), late]);
    } finally {
      giveUp.abort();
      late.catch(() => {});
    }
  }

  async #perform(
    sender: Sender<typeof marked>,
    sent: Sent,
    options: { readonly waitForReady: boolean },
  ): Promise<void> {
    const { id, text, count, timeoutMs } = sent;
    if (sent.kind === 'single') {
      sent.values.push(await sender.send(marked.Mark({ id, text }), { timeoutMs, ...options }));
      return;
    }
    for await (const part of sender.sendMulti(marked.Parts({ id, count }), { timeoutMs, ...options })) {
      sent.values.push(part);
    }
  }
}
