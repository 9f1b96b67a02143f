import { onTestFinished } from 'vitest';
import { VirtualClock } from '../../../src/testing/kit/virtual-clock.ts';
import { type NetworkOptions, type SimulatedNetwork, simulatedNetwork } from '../../../src/testing/network/network.ts';
import type { ByteStream, Listener } from '../../../src/wire/transport/transport.ts';
import { Recorder } from '../wire/transport/support.ts';

/** A network whose paths take 10 ms, without jitter, unless a test says otherwise; time moves when a test says so. */
export function makeNetwork({ link, ...options }: NetworkOptions = {}) {
  const clock = new VirtualClock();
  const network = simulatedNetwork({ clock, link: { latencyMs: 10, jitterMs: 0, ...link }, ...options });
  /** Moves time on. */
  const pass = (ms: number) => clock.advanceWithTurns(ms);
  return { clock, network, pass };
}

/** A recorder that knows when things came. */
export class TimedRecorder extends Recorder {
  /** What came, with the time: texts, and `closed`, `closed ECONNRESET`. */
  readonly events: [atMs: number, what: string][] = [];
  readonly #clock: VirtualClock;

  constructor(stream: ByteStream, clock: VirtualClock) {
    super(stream);
    this.#clock = clock;
  }

  override data(bytes: Buffer): void {
    this.events.push([this.#clock.monotonicMs(), bytes.toString()]);
    super.data(bytes);
  }

  override closed(error: (Error & { code?: string }) | undefined): void {
    this.events.push([this.#clock.monotonicMs(), error === undefined ? 'closed' : `closed ${error.code}`]);
    super.closed(error);
  }
}

/** A machine that listens on port 9000, and whom it has accepted. */
export async function listening(network: SimulatedNetwork, host: string) {
  const accepted: TimedRecorder[] = [];
  const listener: Listener = await network.from(host).listen(
    { host, port: 9000, handshakeTimeoutMs: 5000, maxConnections: 100 },
    {
      connection: (stream) => accepted.push(new TimedRecorder(stream, network.clock).open() as TimedRecorder),
      acceptError() {},
    },
  );
  return { listener, accepted };
}

/** The dial of a machine; its outcome is looked at when time has moved. */
export function dialing(network: SimulatedNetwork, address: string, from = 'client', signal?: AbortSignal) {
  const outcome: { client?: TimedRecorder; error?: Error & { code?: string }; atMs?: number } = {};
  void network
    .from(from)
    .connect(address, signal ?? new AbortController().signal)
    .then(
      (stream) => {
        outcome.client = new TimedRecorder(stream, network.clock).open() as TimedRecorder;
      },
      (error: Error) => {
        outcome.error = error;
      },
    )
    .finally(() => {
      outcome.atMs = network.clock.monotonicMs();
    });
  return outcome;
}

/** Both ends of a connection from `client` to `a:9000`, at 20 ms. */
export async function connectedPair(options: NetworkOptions = {}) {
  const made = makeNetwork(options);
  const { accepted, listener } = await listening(made.network, 'a');
  const outcome = dialing(made.network, 'a:9000');
  await made.pass(20);
  const { client } = outcome;
  const [server] = accepted;
  if (client === undefined || server === undefined) throw new Error('not connected');
  onTestFinished(() => {
    client.stream.destroy();
    server.stream.destroy();
  });
  return { ...made, client, server, accepted, listener };
}

/** What a recorder got, with times counted from `sinceMs`. */
export const since = (recorder: TimedRecorder, sinceMs: number) =>
  recorder.events.map(([atMs, what]) => [atMs - sinceMs, what] as const);
