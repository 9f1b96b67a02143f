import {
  CmdStreamError,
  createSender,
  json,
  msgpack,
  type Sender,
  type SenderOptions,
  type StatusEvent,
} from '../../../src/index.ts';
import { RoundRobin, resolveDispatch } from '../../../src/sender/group/dispatch.ts';
import type { Simulation } from '../../../src/testing.ts';
import { HOSTS, type Schedule, SERVICE } from '../schedule.ts';
import { mustResume, PROBE_MS, renewalMs, resumeBoundMs, settleBoundMs, tripMs } from './bounds.ts';
import { Caller } from './caller.ts';
import { Meddler } from './meddler.ts';
import { protocol } from './protocol.ts';
import { PORT, Servers } from './servers.ts';
import { Sleeper } from './sleeper.ts';
import { StallingClock } from './stalling-clock.ts';
import { visitAsStranger } from './stranger.ts';
import { HANDED_ON, TOKEN } from './talk.ts';
import { TimerLedger } from './timer-ledger.ts';
import { WatchHooks } from './watch-hooks.ts';
import { WatchedTransport } from './watched-transport.ts';

type AnySender = Sender<typeof protocol>;

/** Lives through a schedule: servers, a sender, what is sent and what goes wrong, the healing, the end. */
export class World {
  readonly #simulation: Simulation;
  readonly #schedule: Schedule;
  readonly #sleeper: Sleeper;
  readonly #timers: TimerLedger;
  readonly #transport: WatchedTransport;
  readonly #log: Simulation['network']['log'];
  readonly #servers: Servers;
  readonly #meddler: Meddler;
  #ending: Promise<void> | undefined;
  #isEnding = false;

  constructor(simulation: Simulation, schedule: Schedule) {
    const { clock, network } = simulation;
    this.#simulation = simulation;
    this.#schedule = schedule;
    this.#log = network.log;
    this.#sleeper = new Sleeper(clock);
    this.#servers = new Servers(simulation, schedule, this.#sleeper);
    this.#timers = new TimerLedger(new StallingClock(clock, schedule.stalls));
    this.#meddler = new Meddler(schedule.meddling, network.log);
    this.#transport = new WatchedTransport(network.from('client'), clock, network.log);
  }

  /** From the beginning to the end. */
  async live(): Promise<void> {
    const { network, clock } = this.#simulation;
    const { servers, faults, lengthMs, strangers } = this.#schedule;
    await this.#servers.start();
    network.resolve(SERVICE, HOSTS.slice(0, servers.length));
    network.inject(...faults);
    // A process that stands still reads nothing either.
    for (const stall of this.#schedule.stalls) network.inject({ kind: 'slow-reader', host: 'client', ...stall });
    for (const stranger of strangers) {
      this.#sleeper.at(stranger.atMs, () => visitAsStranger(network, HOSTS[stranger.server] as string, stranger.bytes));
    }
    const sender = await this.#startSender();
    if (sender !== undefined) await this.#use(sender);
    this.#sleeper.wakeAll();
    network.heal();
    await this.#servers.end();
    // What is under way on the network arrives, and nothing else is left to happen.
    await clock.sleep(tripMs(this.#schedule) + lengthMs + 5000);
    this.#log.add('left', 'world', {
      timers: clock.timers,
      connections: network.connections,
      handlers: this.#sleeper.handlers,
    });
  }

  async #use(sender: AnySender): Promise<void> {
    const { clock, network } = this.#simulation;
    const { lengthMs, ending, breakerResetsMs } = this.#schedule;
    const caller = new Caller(sender, this.#schedule, clock, this.#log, this.#sleeper, this.#meddler);
    this.#meddler.meddleWith({
      send: () => caller.sendOneMore(),
      abort: (id) => caller.abort(id),
      end: (kind) => void this.#end(sender, kind),
    });
    caller.plan();
    const startMs = clock.monotonicMs();
    for (const atMs of breakerResetsMs) {
      this.#sleeper.at(startMs + atMs, () => {
        this.#log.add('breaker.reset', 'sender');
        sender.circuitBreaker?.reset();
      });
    }
    if (ending.atMs !== null) this.#sleeper.at(startMs + ending.atMs, () => void this.#end(sender));
    await this.#sleeper.sleep(lengthMs);
    network.heal();
    this.#log.add('healed', 'world');
    const sleptMs = 16 * 150;
    await this.#within(sleptMs + settleBoundMs(this.#schedule), this.#allSettled(caller, sleptMs));
    if (mustResume(this.#schedule)) await this.#resume(sender, caller);
    await this.#end(sender);
    await this.#within(1000, Promise.all(caller.calls));
    this.#sleeper.wakeAll();
    await this.#within(1000, Promise.all(caller.calls));
  }

  /** Sends that come late are waited for as well. */
  async #allSettled(caller: Caller, lateMs: number): Promise<void> {
    const latest = Math.max(...this.#schedule.sends.map(({ atMs, times, gapMs }) => atMs + times * gapMs));
    const left = latest - this.#schedule.lengthMs;
    if (left > 0) await this.#sleeper.sleep(Math.min(left, lateMs));
    await Promise.all(caller.calls);
  }

  /** Waits for something, so long at most. */
  async #within(ms: number, work: Promise<unknown>): Promise<void> {
    const { clock } = this.#simulation;
    await new Promise<void>((resolve, reject) => {
      const timer = clock.setTimeout(resolve, ms);
      work.then(() => {
        clock.clearTimeout(timer);
        resolve();
      }, reject);
    });
  }

  // ---- liveness

  /** Everything is healed: service must resume. */
  async #resume(sender: AnySender, caller: Caller): Promise<void> {
    const { clock } = this.#simulation;
    const sinceMs = clock.monotonicMs();
    const boundMs = resumeBoundMs(this.#schedule);
    for (let waitMs = 20; ; waitMs *= 2) {
      if (await this.#works(sender, caller)) break;
      const leftMs = sinceMs + boundMs - clock.monotonicMs();
      if (leftMs <= 0) {
        const { state, ready, size } = sender.status;
        this.#log.add('notResumed', 'world', { boundMs, state, ready, size });
        return;
      }
      await this.#sleeper.sleep(Math.min(waitMs, leftMs));
    }
    this.#log.add('resumed', 'world', { afterMs: clock.monotonicMs() - sinceMs, boundMs });
    await this.#untilIdle();
  }

  /** Nobody waits for anything: no handler works for long any more, since the servers learn of it. */
  async #untilIdle(): Promise<void> {
    const { clock } = this.#simulation;
    const untilMs = clock.monotonicMs() + renewalMs(this.#schedule);
    while (this.#sleeper.handlers > 0 && clock.monotonicMs() < untilMs) await this.#sleeper.sleep(100);
    this.#log.add('idle', 'world', { handlers: this.#sleeper.handlers });
  }

  /** Whether all clients are ready and each carries a Command. */
  async #works(sender: AnySender, caller: Caller): Promise<boolean> {
    const refuses = this.#schedule.sender.hooks === 'refuse';
    if (sender.status.ready < sender.group.size) return false;
    let good = 0;
    for (let n = 0; n < sender.group.size + (refuses ? 2 : 0); n++) if (await caller.probe(PROBE_MS)) good++;
    return good >= sender.group.size;
  }

  // ---- the end of the sender

  #end(sender: AnySender, kind = this.#schedule.ending.kind): Promise<void> {
    // What ends it may make meddling code end it once more.
    this.#ending ??= Promise.resolve();
    if (this.#isEnding) return this.#ending;
    this.#isEnding = true;
    this.#ending = this.#endNow(sender, kind);
    return this.#ending;
  }

  async #endNow(sender: AnySender, kind: Schedule['ending']['kind']): Promise<void> {
    const { timeoutMs, closeAfterMs } = this.#schedule.ending;
    const { clock } = this.#simulation;
    const close = () => void sender.close();
    const own = kind === 'closeAndWait' ? timeoutMs : this.#schedule.sender.drainTimeoutMs;
    const atMost = kind === 'close' ? 0 : Math.min(own, closeAfterMs ?? own);
    this.#log.add('ending', 'sender', { kind, atMost });
    const ended =
      kind === 'close' ? sender.close() : kind === 'drain' ? sender.drain() : sender.closeAndWait(timeoutMs);
    const noted = Promise.all([ended, sender.done]).then(() => this.#noteEnd(sender));
    if (kind !== 'close' && closeAfterMs !== null) this.#sleeper.at(clock.monotonicMs() + closeAfterMs, close);
    // Should it never end, the others go on.
    await this.#within(20_000, noted);
    if (sender.group.state !== 'closed') this.#noteEnd(sender);
  }

  #noteEnd(sender: AnySender): void {
    const { dialling, open } = this.#transport;
    const { state } = sender.group;
    this.#log.add('ended.sender', 'sender', { timers: this.#timers.size, dialling, open, state });
  }

  // ---- the start

  async #startSender(): Promise<AnySender | undefined> {
    try {
      const sender = await createSender(protocol, this.#senderOptions());
      this.#log.add('started', 'sender', { ready: sender.status.ready });
      return sender;
    } catch (error) {
      const code = error instanceof CmdStreamError ? error.code : String(error);
      const { dialling, open } = this.#transport;
      this.#log.add('notStarted', 'sender', { code, timers: this.#timers.size, dialling, open });
      return undefined;
    }
  }

  #senderOptions(): SenderOptions {
    const { sender, servers } = this.#schedule;
    const { breaker, hooks, inspect, reconnect, keepalive, addresses, codec, dispatch, ...plain } = sender;
    const { clock, network, random } = this.#simulation;
    const jitter = random.stream('backoff');
    const strategy = resolveDispatch(dispatch === 'round-robin' ? new RoundRobin() : dispatch);
    return {
      ...plain,
      address:
        addresses === 'resolver'
          ? network.resolver(SERVICE, PORT)
          : HOSTS.slice(0, servers.length).map((host) => `${host}:${PORT}`),
      codec: this.#meddler.around(codec === 'json' ? json() : msgpack()),
      multiTimeoutMs: keepalive === null ? sender.timeoutMs : Number.POSITIVE_INFINITY,
      reconnect: reconnect ?? false,
      keepalive: keepalive ?? false,
      transport: this.#transport,
      clock: this.#timers,
      defer: clock.defer,
      metadata: TOKEN,
      propagate: HANDED_ON,
      random: () => {
        const value = jitter.next();
        this.#log.add('draw', 'sender', { value });
        return value;
      },
      dispatch: {
        pick: (ready) => {
          const before = ready.map(({ id, pending, bufferedBytes, recentFailures }) => [
            id,
            pending,
            bufferedBytes,
            recentFailures,
          ]);
          const picked = strategy.pick(ready);
          this.#log.add('pick', 'sender', { ready: before, picked: picked.id });
          this.#meddler.at('pick');
          return picked;
        },
      },
      ...(breaker === null ? {} : { circuitBreaker: breaker }),
      ...(hooks === 'none' ? {} : { hooks: () => new WatchHooks(this.#log, this.#sleeper, hooks, this.#meddler) }),
      ...(inspect || this.#meddler.isAt('observer') ? { inspect: () => this.#meddler.at('observer') } : {}),
      onStatus: (event) => {
        this.#noteStatus(event);
        this.#meddler.at('status');
      },
      onUnexpectedResult: ({ seq, clientId, type }) => {
        this.#log.add('unexpected', 'sender', { seq, client: clientId, type });
        this.#meddler.at('unexpected');
      },
    };
  }

  #noteStatus(event: StatusEvent): void {
    if (event.type === 'circuit-breaker') this.#log.add('breaker', 'sender', { state: event.state });
    else if (event.type === 'group') this.#log.add('group', 'sender', { state: event.state, ready: event.ready });
    else {
      const { id, state, address, attempt, delayMs, error } = event;
      const code = error instanceof CmdStreamError ? error.code : (error?.message ?? null);
      this.#log.add('client', `client ${id}`, { client: id, state, address, attempt, delayMs, code });
    }
  }
}
