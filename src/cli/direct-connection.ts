import { deferToEndOfTurn, systemClock } from '../base/clock.ts';
import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import { VERSION } from '../base/version.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import { dialer } from '../sender/client/dial.ts';
import { type DialStage, describeSlowDial } from '../sender/client/dial-stage.ts';
import type { ExpectedInfo } from '../sender/client/expected-info.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import type { FrameChannel, FrameReceiver } from '../wire/frame-channel.ts';
import { parseServerInfo } from '../wire/server-info.ts';
import { parseAddress } from '../wire/transport/address.ts';
import { tcpTransport } from '../wire/transport/tcp.ts';
import { tlsTransport } from '../wire/transport/tls.ts';
import { fixedBound } from '../wire/write-flow.ts';
import type { ConnectOptions } from './connect-options.ts';
import { LateCodec } from './late-codec.ts';

/** A Result may be so long. */
export const MAX_FRAME_BYTES = 64 * 1024 * 1024;
const MAX_BUFFERED_BYTES = 64 * 1024 * 1024;
/** How long a server may take to answer the goodbye. */
const GOODBYE_MS = 500;

/** Events of a {@link DirectConnection} for the one who uses it. */
export type DirectReceiver = Omit<FrameReceiver, 'partial' | 'drained' | 'lost'>;

/** What a connection is for, beside {@link ConnectOptions}. */
export interface OpenOptions {
  /** Calls the connecting off. */
  readonly signal?: AbortSignal | undefined;
  /** Whether the server is asked how it is doing. Default `false`. */
  readonly status?: boolean | undefined;
}

/** One connection to a server whose protocol is not known beforehand: what the server says of itself is what is known. */
export class DirectConnection {
  readonly address: string;
  /** Name by which the server introduced itself, as it came. */
  readonly serverInfo: string;
  /** What it says of itself; none where it has no wire extension. */
  readonly welcome: Welcome | undefined;
  /** Milliseconds that it took to connect, and to be introduced. */
  readonly tookMs: number;
  readonly channel: FrameChannel;
  /** Resolves once the connection is gone: with the reason, unless the server has closed it in order. */
  readonly gone: Promise<CmdStreamError | undefined>;
  readonly #codec: LateCodec;
  #receiver: DirectReceiver | undefined;

  private constructor(address: string, serverInfo: string, tookMs: number, channel: FrameChannel, codec: LateCodec) {
    this.address = address;
    this.serverInfo = parseServerInfo(serverInfo).name;
    this.welcome = channel.welcome;
    this.tookMs = tookMs;
    this.channel = channel;
    this.#codec = codec;
    this.gone = new Promise((resolve) => {
      channel.open({
        frame: (...frame) => this.#receiver?.frame(...frame),
        ping: () => this.#receiver?.ping(),
        control: (frame) => this.#receiver?.control(frame),
        partial() {},
        drained() {},
        lost: resolve,
      });
    });
  }

  /**
   * Connects, and hears what the server says of itself.
   * @throws CmdStreamError `connect-failed`, `connection-lost`, `handshake-timeout`, `protocol-error`, `refused`,
   * `server-info-mismatch`; `cancelled` by the signal; `invalid-argument` for an address that is none.
   */
  static async open(
    address: string,
    options: ConnectOptions,
    { signal, status = false }: OpenOptions = {},
  ): Promise<DirectConnection> {
    parseAddress(address, 'the address');
    const startedMs = systemClock.monotonicMs();
    let received = '';
    const expected: ExpectedInfo = {
      texts: options.expectedInfo.texts,
      check(from, info) {
        received = info;
        options.expectedInfo.check(from, info);
      },
    };
    const codec = new LateCodec(address);
    const channel = await dialWithin(address, options, expected, codec, { signal, status });
    return new DirectConnection(address, received, systemClock.monotonicMs() - startedMs, channel, codec);
  }

  /** Codecs of its frames from now on; before it there are only Pings. */
  speak(outgoing: MessageCodec, incoming: MessageCodec): void {
    this.#codec.outgoing = outgoing;
    this.#codec.incoming = incoming;
  }

  /** Hands what comes to `receiver` from now on. */
  listen(receiver: DirectReceiver): void {
    this.#receiver = receiver;
  }

  /** Says goodbye, and closes at the latest after a moment. */
  async close(): Promise<void> {
    const { channel } = this;
    channel.resume();
    channel.end();
    const timer = systemClock.setTimeout(() => channel.destroy(), GOODBYE_MS);
    await this.gone;
    systemClock.clearTimeout(timer);
  }
}

/** Connects in the time that there is. */
async function dialWithin(
  address: string,
  { handshakeTimeoutMs, metadata, tls }: ConnectOptions,
  serverInfo: ExpectedInfo,
  codec: LateCodec,
  { signal, status }: OpenOptions,
): Promise<FrameChannel> {
  const connect = dialer({
    transport: tls === undefined ? tcpTransport() : tlsTransport({ client: tls }),
    serverInfo,
    outgoing: codec,
    incoming: codec,
    maxFrameBytes: MAX_FRAME_BYTES,
    bufferBound: fixedBound(MAX_BUFFERED_BYTES),
    clock: systemClock,
    defer: deferToEndOfTurn,
    hello: { timeoutMs: Number.POSITIVE_INFINITY, metadata, version: VERSION, describe: !status, status },
    checkWelcome(from, { refused }) {
      if (refused !== undefined) throw new CmdStreamError('refused', `${from} does not let this client in: ${refused}`);
    },
  });
  const calledOff = new AbortController();
  let stage: DialStage | undefined;
  const timer = systemClock.setTimeout(() => {
    const what = describeSlowDial(address, stage, handshakeTimeoutMs, 'option --timeout');
    calledOff.abort(new CmdStreamError('handshake-timeout', what));
  }, handshakeTimeoutMs);
  const interrupt = (): void => {
    calledOff.abort(new CmdStreamError('cancelled', `connecting to ${address} was interrupted`));
  };
  signal?.addEventListener('abort', interrupt);
  if (signal?.aborted) interrupt();
  try {
    return await connect(address, calledOff.signal, (reached) => {
      stage = reached;
    });
  } catch (error) {
    // A connection that was called off says that it was closed.
    throw CmdStreamError.from(calledOff.signal.reason ?? error, 'connect-failed', `cannot connect to ${address}`);
  } finally {
    signal?.removeEventListener('abort', interrupt);
    systemClock.clearTimeout(timer);
  }
}
