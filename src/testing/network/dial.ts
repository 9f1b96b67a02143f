import type { TimerHandle } from '../../base/clock.ts';
import { isError } from '../../base/errors/describe-error.ts';
import { formatAddress, parseAddress } from '../../wire/transport/address.ts';
import { systemError } from '../../wire/transport/system-error.ts';
import type { ByteStream } from '../../wire/transport/transport.ts';
import type { VirtualClock } from '../kit/virtual-clock.ts';
import type { EventLog } from '../log/event-log.ts';
import type { Connection } from './connection.ts';
import type { HostListener } from './host-listener.ts';
import type { PathState } from './pipe.ts';

/** A dial that is not answered is tried again after 1 s, then after twice as long each time (RFC 6298), so often. */
const RETRIES = 6;
const FIRST_RETRY_MS = 1000;

/** Parts of its network that a dial needs. */
export interface DialedNetwork {
  readonly clock: VirtualClock;
  readonly log: EventLog;
  lookUp(name: string): Promise<readonly string[]>;
  pathState(from: string, to: string): PathState;
  isSilent(host: string): boolean;
  listenerFor(from: string, host: string, port: number): HostListener | undefined;
  open(from: string, shownFrom: string, to: string, address: string): Connection;
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1'];

/** Whether a name is that of one's own machine. */
export function isLoopback(name: string): boolean {
  return LOOPBACK.includes(name);
}

/** Opens a connection from a machine as TCP does; see `Transport.connect`. */
export async function dial(
  network: DialedNetwork,
  from: string,
  address: string,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { host: name, port } = parseAddress(address);
  signal.throwIfAborted();
  network.log.add('net.dial', from, { address });
  let connection: Connection | undefined;
  try {
    const [to] = isLoopback(name) ? [from] : await unlessAborted(network.lookUp(name.toLowerCase()), signal);
    const target = to as string;
    const listener = await knock(network, from, target, port, signal);
    if (listener === undefined) throw systemError('connect', 'ECONNREFUSED', formatAddress(name, port));
    const shownFrom = listener.isLocal ? name : from;
    connection = network.open(from, shownFrom, target, formatAddress(name, port));
    network.log.add('net.accepted', connection.who);
    listener.accept(connection.server);
    await delay(network, target, from, signal);
    network.log.add('net.connected', connection.who);
    return connection.client;
  } catch (error) {
    connection?.client.destroy();
    const code = isError(error) && 'code' in error ? String(error.code) : 'internal';
    network.log.add('net.dialFailed', from, { address, code: signal.aborted ? 'aborted' : code });
    throw error;
  }
}

/** Resolves with who takes the connection, or with nobody where it is refused; tries again while nobody answers. */
async function knock(
  network: DialedNetwork,
  from: string,
  to: string,
  port: number,
  signal: AbortSignal,
): Promise<HostListener | undefined> {
  for (let retry = 0; ; retry++) {
    const sentMs = network.clock.monotonicMs();
    const arrives = !network.pathState(from, to).blocked;
    if (arrives) await delay(network, from, to, signal);
    if (arrives && !network.isSilent(to) && !network.pathState(to, from).blocked) {
      const listener = network.listenerFor(from, to, port);
      if (listener === undefined) await delay(network, to, from, signal);
      return listener;
    }
    if (retry === RETRIES) throw systemError('connect', 'ETIMEDOUT', formatAddress(to, port));
    await until(network, sentMs + FIRST_RETRY_MS * 2 ** retry, signal);
  }
}

function delay(network: DialedNetwork, from: string, to: string, signal: AbortSignal): Promise<void> {
  return until(network, network.clock.monotonicMs() + network.pathState(from, to).link.latencyMs, signal);
}

/** Waits; rejects with the signal's reason once that fires, and leaves no timer then. */
function until({ clock }: DialedNetwork, atMs: number, signal: AbortSignal): Promise<void> {
  let timer: TimerHandle;
  const waiting = new Promise<void>((resolve) => {
    timer = clock.at(atMs, resolve);
  });
  return unlessAborted(waiting, signal, () => clock.clearTimeout(timer));
}

/** Outcome of `promise`, unless the signal fires first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal, onAbort?: () => void): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      onAbort?.();
      reject(signal.reason);
    };
    const leave = () => signal.removeEventListener('abort', abort);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(
      (value) => {
        leave();
        resolve(value);
      },
      (error) => {
        leave();
        reject(error);
      },
    );
    if (signal.aborted) abort();
  });
}
