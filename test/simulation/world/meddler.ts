import type { MessageCodec } from '../../../src/codec.ts';
import type { Codec } from '../../../src/index.ts';
import type { EventLog } from '../../../src/testing.ts';
import type { MeddlingAct, MeddlingPlace, MeddlingPlan } from '../schedule.ts';

/** What meddling code can do to the world. */
export interface Meddled {
  /** Sends another Command. */
  send(): void;
  /** Fires the signal of a send; of all that are under way where none is named. */
  abort(id: number | undefined): void;
  /** Ends the sender. */
  end(kind: 'close' | 'drain'): void;
}

/**
 * The user's code that runs in the middle of things (a dispatch strategy, a getter of a payload, an observer, ...) and
 * sends, aborts, closes or drains from there. Logs `meddled`.
 */
export class Meddler {
  readonly #plan: MeddlingPlan | null;
  readonly #log: EventLog;
  #world: Meddled | undefined;
  #calls = 0;
  #done = 0;

  constructor(plan: MeddlingPlan | null, log: EventLog) {
    this.#plan = plan;
    this.#log = log;
  }

  /** What there is to meddle with, from now on. */
  meddleWith(world: Meddled): void {
    this.#world = world;
  }

  /** Whether somebody meddles there. */
  isAt(place: MeddlingPlace): boolean {
    return this.#plan?.places.includes(place) ?? false;
  }

  /** The user's code runs at this place, for the send of this id where that is known. */
  at(place: MeddlingPlace, id?: number): void {
    const plan = this.#plan;
    const act = plan?.acts[this.#done];
    if (plan === null || act === undefined || this.#world === undefined || !plan.places.includes(place)) return;
    this.#calls++;
    if (this.#calls <= plan.after || this.#calls % plan.every !== 0) return;
    this.#done++;
    this.#log.add('meddled', 'user', { place, act, id: id ?? null });
    this.#do(act, id, this.#world);
  }

  /** A codec whose encoding of Commands meddles. */
  around(codec: Codec): Codec {
    if (!this.isAt('codec')) return codec;
    return {
      name: codec.name,
      bind: (messages) => {
        const coder = codec.bind(messages);
        return messages.kind === 'command' ? this.#aroundCoder(coder) : coder;
      },
    };
  }

  /** What a `beforeSend` returns that meddles with promises: it calls back at once, or throws when it is looked at. */
  thenable(id: number): PromiseLike<void> | undefined {
    if (!this.isAt('thenable') || id % 3 === 0) return undefined;
    const meddle = () => this.at('thenable', id);
    return {
      // biome-ignore lint/suspicious/noThenProperty: a thenable is what it is to be.
      then(resolve: ((value: undefined) => unknown) | null | undefined) {
        meddle();
        resolve?.(undefined);
        if (id % 3 === 1) resolve?.(undefined);
        return undefined as never;
      },
    };
  }

  #aroundCoder(coder: MessageCodec): MessageCodec {
    const around: Record<string, unknown> = {};
    for (const name of ['decode', 'skip']) {
      const method: unknown = Reflect.get(coder, name);
      if (typeof method === 'function') around[name] = method.bind(coder);
    }
    const encode: MessageCodec['encode'] = (type, value, writer) => {
      const { id } = (value ?? {}) as { readonly id?: number };
      if (Number(id) % 2 === 0) this.at('codec', id);
      coder.encode(type, value, writer);
      if (Number(id) % 2 === 1) this.at('codec', id);
    };
    return { ...around, encode } as MessageCodec;
  }

  #do(act: MeddlingAct, id: number | undefined, world: Meddled): void {
    if (act === 'send') world.send();
    else if (act === 'abortOwn') world.abort(id);
    else if (act === 'abortAll') world.abort(undefined);
    else world.end(act);
  }
}
