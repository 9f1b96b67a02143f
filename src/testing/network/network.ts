import { flag, invalidOption, optionNames, wholeNumber } from '../../base/options/check.ts';
import type { AddressResolver } from '../../sender/client/address-book.ts';
import { formatAddress } from '../../wire/transport/address.ts';
import { FreePorts } from '../../wire/transport/free-ports.ts';
import { systemError } from '../../wire/transport/system-error.ts';
import type { ByteStream, Listener, ListenerEvents, ListenOptions, Transport } from '../../wire/transport/transport.ts';
import { SeededRandom } from '../kit/random.ts';
import { VirtualClock } from '../kit/virtual-clock.ts';
import { EventLog } from '../log/event-log.ts';
import { Connection } from './connection.ts';
import { dial, isLoopback } from './dial.ts';
import { FaultBoard } from './fault-board.ts';
import { concerns, type Fault, type LastingFault } from './faults.ts';
import { HostListener } from './host-listener.ts';
import { type LinkOptions, type ResolvedLink, resolveLink } from './link.ts';
import type { PathState } from './pipe.ts';

/** Options of {@link simulatedNetwork}. */
export interface NetworkOptions {
  /** Clock that it goes by. Default: a clock of its own, `network.clock`. */
  readonly clock?: VirtualClock | undefined;
  /** Where its randomness comes from. Default: the seed 0. */
  readonly random?: SeededRandom | undefined;
  /** Where it logs what happens. Default: a log of its own, `network.log`. */
  readonly log?: EventLog | undefined;
  /** Properties of paths that no fault changes. */
  readonly link?: LinkOptions | undefined;
  /**
   * As many bytes are on their way, or wait unread, in one direction of a connection; what is written beyond waits with
   * its writer. Default 65,536.
   */
  readonly windowBytes?: number | undefined;
  /** Whether each piece that arrives is logged (`net.bytes`). Default true. */
  readonly logBytes?: boolean | undefined;
}

/** Process that runs on a machine and goes down with it. */
export interface HostWatch {
  /** The process is killed, or the machine has lost power: its connections are gone. */
  down(): void;
  /** It may start again. */
  up(): void;
}

const NAMES: readonly (keyof NetworkOptions)[] = ['clock', 'random', 'log', 'link', 'windowBytes', 'logBytes'];

const EVERY_HOST = ['0.0.0.0', '::', ''];

/** The machine that a network is used from where nothing else is said. */
const DEFAULT_HOST = 'client';

/**
 * A network of machines that have names, with what TCP does and what goes wrong with it: latency, jitter, bandwidth,
 * pieces cut and joined, dials that are refused or hang, resets, half-open connections, partitions, crashes, names that
 * resolve to other machines. On a virtual clock, by a seed, and logged.
 *
 * It is a {@link Transport} as seen from the machine `client`; {@link SimulatedNetwork.from} gives that of others. A
 * server listens on the machine that its option `host` names.
 *
 * @example
 * ```ts
 * const network = simulatedNetwork({ link: { latencyMs: 20 } });
 * const { clock } = network;
 * const server = await serve(calc, receiver, handlers, { transport: network, host: 'a', port: 9000, clock, defer: clock.defer });
 * network.inject({ kind: 'crash', server: 'a', atMs: 5_000, forMs: 2_000 });
 * await clock.advanceWithTurns(10_000);
 * ```
 * @throws CmdStreamError `invalid-argument`.
 */
export function simulatedNetwork(options: NetworkOptions = {}): SimulatedNetwork {
  return new SimulatedNetwork(options);
}

/** See {@link simulatedNetwork}. */
export class SimulatedNetwork implements Transport {
  readonly name = 'simulated';
  readonly clock: VirtualClock;
  readonly log: EventLog;
  readonly #link: ResolvedLink;
  readonly #logBytes: boolean;
  readonly #windowBytes: number;
  readonly #random: SeededRandom;
  readonly #faults: FaultBoard;
  readonly #connections = new Set<Connection>();
  /** By `host:port`. */
  readonly #listeners = new Map<string, HostListener>();
  readonly #hosts = new Set([DEFAULT_HOST]);
  readonly #records = new Map<string, readonly string[]>();
  readonly #watches = new Map<string, Set<HostWatch>>();
  readonly #opened = new Map<string, number>();
  readonly #ports = new FreePorts();

  /** @internal For {@link simulatedNetwork}. */
  constructor(options: NetworkOptions) {
    optionNames('the options of simulatedNetwork()', options, NAMES);
    this.clock = options.clock ?? new VirtualClock();
    this.log = options.log ?? new EventLog(() => this.clock.monotonicMs());
    this.#random = options.random ?? new SeededRandom(0);
    this.#link = resolveLink(options.link ?? {});
    this.#windowBytes = wholeNumber('windowBytes', options.windowBytes, 65_536);
    this.#logBytes = flag('logBytes', options.logBytes, true);
    this.#faults = new FaultBoard(this.clock, this.log, {
      struck: (fault) => this.#strike(fault),
      changed: (fault, isOn) => this.#change(fault, isOn),
    });
  }

  // ---- what a test says

  /**
   * Lets something go wrong, at `atMs` or now. Several faults may be on at the same time.
   * @throws CmdStreamError `invalid-argument` for what is no fault.
   */
  inject(...faults: readonly Fault[]): void {
    for (const fault of faults) this.#faults.inject(fault);
  }

  /** Ends all faults, and forgets those to come. What is broken stays so: a connection that was reset, say. */
  heal(): void {
    this.#faults.heal();
  }

  /** Says which machines a name stands for, from now on: a dial goes to the first. None: the name is not known. */
  resolve(name: string, hosts: readonly string[]): void {
    this.#records.set(name, hosts);
  }

  /**
   * A function for the sender's option `address`: asks the network which machines a name stands for, and gives their
   * addresses. It takes the time of a question and its answer; rejects, or hangs, where a `dns` fault says so.
   */
  resolver(name: string, port: number): AddressResolver {
    return async () => (await this.lookUp(name, true)).map((host) => formatAddress(host, port));
  }

  /** The transport of another machine than `client`. */
  from(host: string): Transport {
    if (typeof host !== 'string' || host === '') throw invalidOption('host', 'the name of a machine', host);
    this.#hosts.add(host);
    return {
      name: this.name,
      connect: (address, signal) => this.#connectFrom(host, address, signal),
      listen: (options, events) => this.#listenOn(host, options, events),
    };
  }

  /** How many connections there are: those count that are open at one end at least. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Whether a machine has crashed, or has no power. */
  isDown(host: string): boolean {
    return this.#faults.hits(host, 'crash', 'power-off');
  }

  /** Tells of a machine that goes down and comes back. Returns the function that ends it. */
  watch(host: string, watch: HostWatch): () => void {
    const watches = this.#watches.get(host) ?? new Set();
    this.#watches.set(host, watches.add(watch));
    return () => watches.delete(watch);
  }

  // ---- Transport

  connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    return this.#connectFrom(DEFAULT_HOST, address, signal);
  }

  listen(options: ListenOptions, events: ListenerEvents): Promise<Listener> {
    return this.#listenOn(DEFAULT_HOST, options, events);
  }

  // ---- what a dial needs

  /** @internal Which machines a name stands for. Rejects, or hangs, where it stands for none. */
  async lookUp(name: string, takesTime = false): Promise<readonly string[]> {
    if (takesTime) await new Promise<void>((resolve) => this.clock.at(this.clock.monotonicMs() + 1, resolve));
    const answer = this.#faults.answerFor(name) ?? this.#records.get(name) ?? (this.#hosts.has(name) ? [name] : 'fail');
    if (answer === 'hang') return await new Promise(() => {});
    if (answer === 'fail' || answer.length === 0) throw systemError('getaddrinfo', 'ENOTFOUND', name);
    return answer;
  }

  /** @internal What the path is like now. */
  pathState(from: string, to: string): PathState {
    return this.#faults.pathState(from, to, this.#link);
  }

  /** @internal Whether a dial finds nobody who answers at all. */
  isSilent(host: string): boolean {
    return this.#faults.hits(host, 'hang', 'power-off');
  }

  /** @internal Who takes a connection from a machine, if anybody. */
  listenerFor(from: string, host: string, port: number): HostListener | undefined {
    const listener = this.#listeners.get(formatAddress(host, port));
    if (listener === undefined || (listener.isLocal && from !== host)) return undefined;
    return this.#faults.hits(host, 'crash', 'refuse') ? undefined : listener;
  }

  /** @internal Opens a connection between two machines: none of its ends is in use yet. */
  open(from: string, shownFrom: string, to: string, address: string): Connection {
    const port = this.#ports.next();
    const who = `${formatAddress(from, port)}>${formatAddress(to, Number(address.slice(address.lastIndexOf(':') + 1)))}`;
    const context = {
      clock: this.clock,
      log: this.log,
      logBytes: this.#logBytes,
      windowBytes: this.#windowBytes,
      random: this.#random.stream(`${from}>${to} ${this.#countOpened(`${from}>${to}`)}`),
    };
    const states = [this.pathState(from, to), this.pathState(to, from)] as const;
    const connection = new Connection(context, who, from, to, [formatAddress(shownFrom, port), address], states, () =>
      this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    return connection;
  }

  // ---- inside

  #connectFrom(host: string, address: string, signal: AbortSignal): Promise<ByteStream> {
    return dial(this, host, address, signal);
  }

  async #listenOn(here: string, options: ListenOptions, events: ListenerEvents): Promise<Listener> {
    const isLocal = isLoopback(options.host);
    const host = isLocal || EVERY_HOST.includes(options.host) ? here : options.host.toLowerCase();
    this.#hosts.add(host);
    const isTaken = (port: number) => this.#listeners.has(formatAddress(host, port));
    const port = options.port === 0 ? this.#ports.next(isTaken) : options.port;
    const key = formatAddress(host, port);
    const address = formatAddress(options.host, port);
    if (isTaken(port)) throw systemError('listen', 'EADDRINUSE', address);
    const listener = new HostListener(
      { address, host, isLocal, clock: this.clock },
      options.maxConnections,
      events,
      () => {
        // A second close must not take the port from the one who has it now.
        if (this.#listeners.get(key) !== listener) return;
        this.#listeners.delete(key);
        this.log.add('net.unlisten', host, { address });
      },
    );
    this.#listeners.set(key, listener);
    this.log.add('net.listen', host, { address });
    return listener;
  }

  /** Each connection between two machines has randomness of its own, whatever happens between others. */
  #countOpened(path: string): number {
    const count = (this.#opened.get(path) ?? 0) + 1;
    this.#opened.set(path, count);
    return count;
  }

  #strike(fault: Exclude<Fault, LastingFault>): void {
    for (const connection of this.#connections) {
      if (fault.kind === 'reset' && connection.isBetween(fault)) connection.reset();
      if (fault.kind === 'half-open' && connection.isBetween(fault)) connection.fallSilent();
      if (fault.kind === 'cut') {
        for (const pipe of connection.pipes) {
          if (concerns(fault, pipe.from, pipe.to)) pipe.cutAfterBytes = Math.min(pipe.cutAfterBytes, fault.afterBytes);
        }
      }
    }
  }

  #change(fault: LastingFault, isOn: boolean): void {
    const goes = fault.kind === 'crash' || fault.kind === 'power-off';
    if (goes && isOn) {
      for (const connection of this.#connections) connection.lose(fault.server, fault.kind === 'crash');
      for (const watch of this.#watches.get(fault.server) ?? []) watch.down();
    }
    for (const connection of this.#connections) {
      for (const pipe of connection.pipes) pipe.changed(this.pathState(pipe.from, pipe.to));
      if (fault.kind === 'slow-reader') connection.readAgain();
    }
    if (goes && !isOn && !this.isDown(fault.server)) {
      for (const watch of [...(this.#watches.get(fault.server) ?? [])]) watch.up();
    }
  }
}
