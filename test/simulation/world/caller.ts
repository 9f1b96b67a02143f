import { CmdStreamError, type ResultStream, type Sender, type SingleCommandOf } from '../../../src/index.ts';
import type { EventLog, VirtualClock } from '../../../src/testing.ts';
import type { Schedule, SendPlan } from '../schedule.ts';
import { type Cancelling, sendDirectly } from './direct-send.ts';
import type { Meddler } from './meddler.ts';
import { type Answer, foreign, protocol, RESULTS, type Work } from './protocol.ts';
import type { Sleeper } from './sleeper.ts';
import { talkOf } from './talk.ts';

type AnySender = Sender<typeof protocol>;
/** Whether one Result is expected or several: `send` must do with both. */
type AnyCommand = SingleCommandOf<typeof protocol>;

/** Leaves a stream by an exception of its own. */
class Left extends Error {}

interface Shared extends Cancelling {
  readonly ids: number[];
  /** Fires the signal. */
  readonly fire: () => void;
}

/** Makes the sends of a schedule, and logs `call`, `value`, `abort` and `settled` of each. */
export class Caller {
  /** The calls that have been made: resolve when they are settled. */
  readonly calls: Promise<void>[] = [];
  readonly #sender: AnySender;
  readonly #schedule: Schedule;
  readonly #clock: VirtualClock;
  readonly #log: EventLog;
  readonly #sleeper: Sleeper;
  readonly #meddler: Meddler;
  /** The signals of sends, by their ids: of all of them, where somebody may meddle with those. */
  readonly #signals = new Map<number, Shared>();
  /** Sends that are made at once share their signal. */
  readonly #shared = new Map<SendPlan, Shared>();
  #ids = 0;

  constructor(
    sender: AnySender,
    schedule: Schedule,
    clock: VirtualClock,
    log: EventLog,
    sleeper: Sleeper,
    meddler: Meddler,
  ) {
    this.#meddler = meddler;
    this.#sender = sender;
    this.#schedule = schedule;
    this.#clock = clock;
    this.#log = log;
    this.#sleeper = sleeper;
  }

  /** Plans all sends, from now on. */
  plan(): void {
    const startMs = this.#clock.monotonicMs();
    for (const plan of this.#schedule.sends) {
      for (let time = 0; time < plan.times; time++) {
        const id = ++this.#ids;
        this.#sleeper.at(Math.ceil(startMs) + plan.atMs + time * plan.gapMs, () => this.#call(id, plan));
      }
    }
  }

  /** One more send than planned, from the middle of something. */
  sendOneMore(): void {
    const [plan] = this.#schedule.sends as [SendPlan];
    const calm = { command: 'Do', style: 'later', everyMs: 3, payload: 'good', cancelAfterMs: null } as const;
    this.#call(++this.#ids, { ...plan, ...calm, method: 'send', resultsCount: null, timeoutMs: null });
  }

  /** Fires the signal of a send; of all of them, where none is named. */
  abort(id: number | undefined): void {
    const wanted = id === undefined ? [...this.#signals.values()] : [this.#signals.get(id)];
    for (const one of new Set(wanted)) one?.fire();
  }

  /** One more send than planned, as good as any; returns whether it succeeded. */
  async probe(timeoutMs: number): Promise<boolean> {
    const id = ++this.#ids;
    const payload: Work = { id, style: 'now', count: 1, everyMs: 0, pad: '' };
    this.#log.add('call', 'caller', { id, method: 'probe', command: 'Do', timeoutMs, payload: 'good', padBytes: 0 });
    const sending = this.#sender.send(protocol.Do(payload), { timeoutMs, waitForReady: false });
    return this.#observe(
      id,
      sending.then((value) => this.#value(id, value)),
    ).then((code) => code === 'ok');
  }

  #call(id: number, plan: SendPlan): void {
    const { method, command, count, payload, padBytes, waitForReady } = plan;
    const { sender } = this.#schedule;
    const isDirect = method === 'group';
    const isOpenEnded = (method === 'sendMulti' || isDirect) && sender.keepalive !== null;
    const ownMs = plan.timeoutMs ?? (isOpenEnded ? null : sender.timeoutMs);
    const timeoutMs = plan.withinMs === null ? ownMs : Math.min(ownMs ?? Number.POSITIVE_INFINITY, plan.withinMs);
    const isMeddled = this.#schedule.meddling?.acts.some((act) => act.startsWith('abort')) ?? false;
    const isCancelled = plan.cancelAfterMs !== null || isMeddled;
    const cancelling = isCancelled ? this.#cancelling(id, plan, plan.cancelAfterMs) : undefined;
    if (cancelling !== undefined) this.#signals.set(id, cancelling);
    const controller = cancelling?.controller;
    const wanted = isDirect ? null : plan.resultsCount;
    const isPatient = !isDirect && (waitForReady ?? sender.waitForReady);
    const talk = talkOf(id, plan, this.#clock.now(), controller?.signal);
    const details = {
      ...{ id, method, command, timeoutMs, payload, padBytes, count, wanted, style: plan.style, isPatient },
      metadata: talk.expected,
    };
    this.#log.add('call', 'caller', { ...details, aborted: controller?.signal.aborted === true });
    const options = {
      ...(controller === undefined || talk.hasSignal ? {} : { signal: controller.signal }),
      ...talk.options,
      ...(waitForReady === null ? {} : { waitForReady }),
      ...(plan.timeoutMs === null || method.endsWith('Deadline') ? {} : { timeoutMs: plan.timeoutMs }),
    };
    const multi = plan.resultsCount === null ? options : { ...options, resultsCount: plan.resultsCount };
    const made = this.#command(id, plan);
    const dueMs = this.#clock.now() + (ownMs ?? 0);
    const deadline = id % 2 === 0 ? dueMs : new Date(dueMs);
    const value = (one: unknown) => this.#value(id, one);
    const isHandler = plan.consumer === 'handler';
    let outcome: Promise<unknown>;
    // What is sent is the value of the moment of the call.
    using _ = { [Symbol.dispose]: () => Object.assign(made.payload as Work, { late: true }) };
    const { length: before } = this.calls;
    if (isDirect) {
      const send = { id, command: made, deadline: ownMs === null ? null : deadline, leaveAfter: plan.leaveAfter };
      const direct = { ...send, cancelling, results: RESULTS[command], take: value };
      this.calls[before] = sendDirectly(this.#sender.group, direct, this.#log);
      return;
    }
    switch (method) {
      case 'send':
        outcome = this.#sender.send(made, options).then(value);
        break;
      case 'sendWithDeadline':
        outcome = this.#sender.sendWithDeadline(made, deadline, options).then(value);
        break;
      case 'sendMulti':
        outcome = isHandler
          ? this.#sender.sendMulti(made, this.#handler(id, plan), multi)
          : this.#loop(id, plan, this.#sender.sendMulti(made, multi));
        break;
      default:
        outcome = isHandler
          ? this.#sender.sendMultiWithDeadline(made, deadline, this.#handler(id, plan), multi)
          : this.#loop(id, plan, this.#sender.sendMultiWithDeadline(made, deadline, multi));
    }
    this.calls[before] = this.#observe(id, outcome).then(() => undefined);
  }

  #cancelling(id: number, plan: SendPlan, afterMs: number | null): Shared {
    const shared = this.#shared.get(plan);
    if (shared !== undefined) {
      shared.ids.push(id);
      return shared;
    }
    const fire = () => {
      if (own.controller.signal.aborted) return;
      for (const one of own.ids) this.#log.add('abort', 'caller', { id: one });
      own.controller.abort(new Error('changed my mind'));
      for (const cancel of own.cancels) cancel();
    };
    const own: Shared = { controller: new AbortController(), cancels: [], ids: [id], fire };
    // Before the library listens: what a signal tells first may be the user's own.
    if (this.#meddler.isAt('abort')) {
      own.controller.signal.addEventListener('abort', () => this.#meddler.at('abort', id));
    }
    if (plan.gapMs <= 1) this.#shared.set(plan, own);
    if (afterMs === null) return own;
    if (afterMs < 0) fire();
    else this.#sleeper.at(this.#clock.monotonicMs() + afterMs, fire);
    return own;
  }

  #command(id: number, { command, style, count, everyMs, padBytes, payload }: SendPlan): AnyCommand {
    const work: Work = { id, style, count, everyMs, pad: 'x'.repeat(padBytes) };
    switch (payload) {
      case 'foreign':
        return foreign.Do(work) as unknown as AnyCommand;
      case 'unencodable':
        return protocol[command]({ ...work, pad: (() => {}) as unknown as string }) as AnyCommand;
      case 'refused':
        return protocol[command]({ ...work, refused: true }) as AnyCommand;
      case 'good':
        return protocol[command](this.#meddledWith(work)) as AnyCommand;
    }
  }

  /** A payload that runs the user's code when it is read. */
  #meddledWith(work: Work): Work {
    if (!this.#meddler.isAt('payload')) return work;
    const { pad, ...plain } = work;
    const meddle = () => this.#meddler.at('payload', work.id);
    if (work.id % 2 === 0) {
      return {
        ...plain,
        get pad() {
          meddle();
          return pad;
        },
      };
    }
    const toJSON = () => {
      meddle();
      return work;
    };
    // A member of the prototype is no field.
    return Object.assign(Object.create({ toJSON }), work) as Work;
  }

  #value(id: number, value: unknown): void {
    const answer = typeof value === 'object' && value !== null && 'type' in value ? Reflect.get(value, 'value') : value;
    const { id: of, n } = (answer ?? {}) as Partial<Answer>;
    this.#log.add('value', 'caller', { id, of: of ?? null, n: n ?? null });
    this.#meddler.at('result', id);
  }

  #handler(id: number, { consumeMs, napMs, leaveAfter }: SendPlan): (value: unknown) => unknown {
    let taken = 0;
    return (value) => {
      if (leaveAfter !== null && taken >= leaveAfter) throw new Left();
      this.#value(id, value);
      const ms = consumeMs + (taken++ === 0 ? napMs : 0);
      return ms > 0 ? this.#sleeper.sleep(ms) : undefined;
    };
  }

  async #loop(id: number, { consumeMs, napMs, leaveAfter }: SendPlan, stream: ResultStream<unknown>): Promise<void> {
    let taken = 0;
    if (leaveAfter === 0) {
      await stream.return?.();
      throw new Left();
    }
    for await (const value of stream) {
      this.#value(id, value);
      const ms = consumeMs + (taken === 0 ? napMs : 0);
      if (ms > 0) await this.#sleeper.sleep(ms);
      if (++taken === leaveAfter) throw new Left();
    }
  }

  /** Resolves with the code of the outcome. */
  #observe(id: number, outcome: Promise<unknown>): Promise<string> {
    const settled = (code: string, mayHaveExecuted: boolean | null) => {
      this.#log.add('settled', 'caller', { id, code, mayHaveExecuted });
      return code;
    };
    return outcome.then(
      () => settled('ok', null),
      (error: unknown) => {
        if (error instanceof Left) return settled('left', true);
        if (error instanceof CmdStreamError) return settled(error.code, error.mayHaveExecuted);
        return settled(`not an error of the library's: ${String(error)}`, null);
      },
    );
  }
}
