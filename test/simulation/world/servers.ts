import { json, msgpack } from '../../../src/index.ts';
import type { SimulatedServer, Simulation } from '../../../src/testing.ts';
import { HOSTS, type LiarPlan, type Schedule, type ServerPlan } from '../schedule.ts';
import { Liar } from './liar.ts';
import { PAYLOADS } from './lies.ts';
import { handlersOn, protocol } from './protocol.ts';
import { RefusalLog } from './refusal-log.ts';
import type { Sleeper } from './sleeper.ts';
import { toldHandlers } from './told-handlers.ts';

/** The port of every server. */
export const PORT = 9000;

/** The servers of a schedule, and the liar in the place of one. They log `server.ending`, `server.ended`, `liar.up`. */
export class Servers {
  readonly #simulation: Simulation;
  readonly #schedule: Schedule;
  readonly #sleeper: Sleeper;
  readonly #log: Simulation['network']['log'];
  /** Those that are to be ended at the end. */
  readonly #servers: SimulatedServer[] = [];
  readonly #stopping: Promise<void>[] = [];
  #isOver = false;
  /** Ends the liar, if there is one and it has not been replaced. */
  #endLiar: (() => Promise<void>) | undefined;

  constructor(simulation: Simulation, schedule: Schedule, sleeper: Sleeper) {
    this.#simulation = simulation;
    this.#schedule = schedule;
    this.#sleeper = sleeper;
    this.#log = simulation.network.log;
  }

  /** Starts all of them. */
  async start(): Promise<void> {
    const { servers, liar } = this.#schedule;
    for (const [index, plan] of servers.entries()) {
      if (liar?.server === index) await this.#startLiar(liar, plan);
      else await this.#startServer(HOSTS[index] as string, plan);
    }
  }

  /** Ends all of them. */
  async end(): Promise<void> {
    this.#isOver = true;
    await this.#endLiar?.();
    await Promise.all(this.#stopping);
    await Promise.all(this.#servers.map((server, index) => this.#endServer(server, index)));
  }

  async #startServer(host: string, plan: ServerPlan): Promise<void> {
    const { shutdown, age, idleTimeoutMs, ...options } = plan;
    const { codec } = this.#schedule.sender;
    const refusals = new RefusalLog(this.#log, host);
    const server = await this.#simulation.serve(
      protocol,
      () => undefined,
      toldHandlers(handlersOn(host, this.#simulation, this.#sleeper), host, this.#simulation),
      {
        ...options,
        host,
        port: PORT,
        codec: refusals.around(codec === 'json' ? json() : msgpack()),
        onCommandDone: refusals.onCommandDone,
        idleTimeoutMs: idleTimeoutMs ?? Number.POSITIVE_INFINITY,
        maxConnectionAgeMs: age?.ageMs ?? Number.POSITIVE_INFINITY,
        maxConnectionAgeGraceMs: age?.graceMs ?? Number.POSITIVE_INFINITY,
      },
    );
    this.#servers.push(server);
    if (shutdown === null) return;
    this.#sleeper.at(shutdown.atMs, () => this.#stopping.push(this.#shutDown(server, plan, shutdown)));
  }

  /** In order; another one takes its place afterwards, where it is to be back. */
  async #shutDown(
    server: SimulatedServer,
    plan: ServerPlan,
    { timeoutMs, backAfterMs }: NonNullable<ServerPlan['shutdown']>,
  ): Promise<void> {
    await this.#stopServer(server, timeoutMs);
    if (backAfterMs === null) return;
    await this.#sleeper.sleep(backAfterMs);
    if (this.#isOver) return;
    this.#servers.splice(this.#servers.indexOf(server), 1);
    await this.#startServer(server.host, { ...plan, shutdown: null });
  }

  /** Until the honest one takes its place. */
  async #startLiar(plan: LiarPlan, honest: ServerPlan): Promise<void> {
    const { network, random } = this.#simulation;
    const host = HOSTS[plan.server] as string;
    const payload = PAYLOADS[this.#schedule.sender.codec];
    const liar = new Liar({ plan, host, payload, random: random.stream('liar'), log: this.#log });
    await liar.listen(network, PORT);
    this.#log.add('liar.up', host);
    this.#endLiar = () => liar.close();
    this.#sleeper.at(plan.untilMs, () => {
      const replacing = liar.close().then(() => this.#startServer(host, honest));
      this.#endLiar = () => replacing;
    });
  }

  #endServer(server: SimulatedServer, index: number): Promise<void> {
    return this.#stopServer(server, index % 2 === 0 ? null : 300);
  }

  /** By `close`, where there is no limit to be given. */
  async #stopServer(server: SimulatedServer, timeoutMs: number | null): Promise<void> {
    this.#log.add('server.ending', server.host, { atMost: timeoutMs ?? 0 });
    await (timeoutMs === null ? server.close() : server.shutdown({ timeoutMs }));
    this.#log.add('server.ended', server.host, { connections: server.connections });
  }
}
