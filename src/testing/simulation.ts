import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { optionNames, show } from '../base/options/check.ts';
import { paced } from '../base/refusal-pace.ts';
import type { AnyProtocol } from '../protocol/protocol.ts';
import { CircuitBreaker } from '../sender/breaker/circuit-breaker.ts';
import { type CircuitBreakerOptions, resolveCircuitBreakerOptions } from '../sender/breaker/options.ts';
import { createSender } from '../sender/create-sender.ts';
import type { SenderOptions } from '../sender/options.ts';
import type { Sender } from '../sender/sender.ts';
import type { Handlers, NoStrangers } from '../server/handlers.ts';
import type { ServerOptions } from '../server/options.ts';
import { serve } from '../server/serve.ts';
import type { SeededRandom } from './kit/random.ts';
import type { VirtualClock } from './kit/virtual-clock.ts';
import { type EventLog, type LogDetails, plain } from './log/event-log.ts';
import { loggedSender } from './log/logged-sender.ts';
import { loggedServer } from './log/logged-server.ts';
import type { Unanswered } from './log/unanswered.ts';
import type { SimulatedNetwork } from './network/network.ts';
import { SimulatedServer } from './simulated-server.ts';

/** Settings that the sender of a simulation may be given beside its options. */
export interface Placed {
  /** The machine that it is on. Default `client`. */
  readonly host?: string | undefined;
  /** Its name in the log. Default `sender-1`, `sender-2`, ... */
  readonly name?: string | undefined;
}

/** Options that a simulation decides itself, and gives. */
export type GivenOptions = 'transport' | 'tls' | 'clock' | 'defer';

/** Tools that a scenario has to work with. Everything may be taken out by destructuring. */
export class Simulation {
  /** Time: it moves when nothing is left to be done at the moment. */
  readonly clock: VirtualClock;
  /** Randomness of the seed's; take a stream of your own: `random.stream('workload')`. */
  readonly random: SeededRandom;
  /** The machines and what goes wrong between them. */
  readonly network: SimulatedNetwork;
  readonly #log: EventLog;
  readonly #unanswered: Unanswered;
  readonly #logSends: boolean;
  readonly #servers: SimulatedServer[] = [];
  readonly #senders: Sender<AnyProtocol>[] = [];
  #named = 0;

  /** @internal For `simulate`. */
  constructor(
    clock: VirtualClock,
    random: SeededRandom,
    network: SimulatedNetwork,
    log: EventLog,
    unanswered: Unanswered,
    logSends: boolean,
  ) {
    this.clock = clock;
    this.random = random;
    this.network = network;
    this.#log = log;
    this.#unanswered = unanswered;
    this.#logSends = logSends;
  }

  /** Adds an entry of the scenario's own to the log. Details become plain data. */
  readonly log = (kind: string, details: object = {}, who = 'scenario'): void => {
    this.#log.add(kind, who, plain(details) as LogDetails);
  };

  /**
   * The library's `serve`, on the machine `host` (default `server`), port 9000 unless it is told otherwise. When that
   * machine crashes, or loses power, the server is gone; when it is back, another one is started in its place. On one
   * that is down already it starts when that is back.
   *
   * @param makeReceiver - makes what the handlers work on, afresh for each start: what was in memory is lost in a crash.
   */
  readonly serve = <P extends AnyProtocol, Receiver, H extends Handlers<P, Receiver>>(
    protocol: P,
    makeReceiver: () => Receiver,
    handlers: H & NoStrangers<P, H>,
    options: Omit<ServerOptions<NoInfer<Receiver>>, GivenOptions | 'random'> = {},
  ): Promise<SimulatedServer> =>
    paced(this.clock, this.#serve<P, Receiver, H>(protocol, makeReceiver, handlers, options));

  /** The library's `createSender`, on the machine `client` unless it is told otherwise. */
  readonly createSender = <P extends AnyProtocol>(
    protocol: P,
    options: Omit<SenderOptions, GivenOptions | 'random'>,
    placed: Placed = {},
  ): Promise<Sender<P>> => paced(this.clock, this.#createSender(protocol, options, placed));

  async #serve<P extends AnyProtocol, Receiver, H extends Handlers<P, Receiver>>(
    protocol: P,
    makeReceiver: () => Receiver,
    handlers: H & NoStrangers<P, H>,
    options: Omit<ServerOptions<NoInfer<Receiver>>, GivenOptions | 'random'>,
  ): Promise<SimulatedServer> {
    if (typeof makeReceiver !== 'function') {
      const accepted = 'a function that makes the receiver, unlike that of the real serve()';
      throw new CmdStreamError('invalid-argument', `makeReceiver must be ${accepted}; got ${show(makeReceiver)}`);
    }
    const { host = 'server', port = 9000 } = options;
    const { clock, network } = this;
    const transport = network.from(host);
    const own = this.#logSends ? loggedServer(options, host, this.#log, this.#unanswered) : options;
    const random = this.random.stream(`errors of ${host}`).next;
    const all = { ...own, host, port, transport, clock, defer: clock.defer, random };
    const server = new SimulatedServer(network, this.#log, host, port, () =>
      serve<P, Receiver, H>(protocol, makeReceiver(), handlers, all),
    );
    this.#servers.push(server);
    await server.start();
    return server;
  }

  async #createSender<P extends AnyProtocol>(
    protocol: P,
    options: Omit<SenderOptions, GivenOptions | 'random'>,
    placed: Placed,
  ): Promise<Sender<P>> {
    optionNames('placed', placed, ['host', 'name']);
    const { host = 'client', name = `sender-${++this.#named}` } = placed;
    const { clock } = this;
    const sender = await createSender(protocol, {
      ...(this.#logSends ? loggedSender(options, name, this.#log) : options),
      transport: this.network.from(host),
      clock,
      defer: clock.defer,
      random: this.random.stream(`backoff of ${name}`).next,
    });
    this.#senders.push(sender);
    return sender;
  }

  /** The library's `createCircuitBreaker`, for one that several senders share. */
  readonly createCircuitBreaker = (options: CircuitBreakerOptions = {}): CircuitBreaker => {
    const { clock } = this;
    return new CircuitBreaker(resolveCircuitBreakerOptions(options), { clock, defer: clock.defer });
  };

  /** @internal Closes what the scenario has left open. */
  async close(): Promise<void> {
    await Promise.all(this.#senders.map((sender) => sender.close()));
    await Promise.all(this.#servers.map((server) => server.close()));
    this.network.heal();
  }
}
