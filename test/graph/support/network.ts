import { ByteReader, NEED_MORE } from '../../../src/base/bytes/byte-reader.ts';
import { FairTurn } from '../../../src/base/fair-turn.ts';
import { ERROR_RESULT_TYPE, FIRST_RESERVED_TYPE, RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { QuestionPace } from '../../../src/sender/client/question-pace.ts';
import { encodeGoodbye } from '../../../src/wire/extension/goodbye.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import { memoryTransport } from '../../../src/wire/transport/memory.ts';
import type { ByteStream, Listener, ListenOptions, Transport } from '../../../src/wire/transport/transport.ts';
import { resultFrame } from '../../e2e/support/scripted-peer.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';
import { controlFrame } from './control-frames.ts';

// The models ask for addresses as often as they like: the pauses between questions are the address book's own business.
QuestionPace.prototype.waitMs = () => 0;
// And a connection that is read gives others their turns by a timer of its own.
FairTurn.prototype.look = () => {};

/** A clock that goes on while the process stands still, so that no timer of it fires. */
class StandingClock extends VirtualClock {
  #stoodMs = 0;

  standStill(ms: number): void {
    this.#stoodMs += ms;
  }

  override monotonicMs(): number {
    return super.monotonicMs() + this.#stoodMs;
  }
}

/** Time, and all that is put off to the end of a turn, in the hands of the test. */
export class Stage {
  readonly clock = new StandingClock();
  #busy = false;

  /** For transports, senders and servers. */
  readonly defer = (task: () => void): void => {
    this.#busy = true;
    this.clock.defer(task);
  };

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    let rounds = 0;
    do {
      if (++rounds > 1_000) throw new Error('it does not come to rest');
      this.#busy = false;
      this.clock.runDeferred();
      await new Promise((resolve) => setImmediate(resolve));
    } while (this.#busy);
  }

  /** Lets time pass. */
  async pass(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.settle();
  }
}

const NAMES = new Map<number, string>([
  [RESERVED_TYPES.hello, 'HELLO'],
  [RESERVED_TYPES.head, 'HEAD'],
  [RESERVED_TYPES.cancel, 'CANCEL'],
]);

/** The server's end of a connection: speaks the bytes, and does nothing by itself. */
export class Peer {
  readonly stream: ByteStream;
  readonly commands: number[] = [];
  /** Frames of the wire extension that have come, by name. */
  readonly told: string[] = [];
  pings = 0;
  over = false;
  #kept: Buffer = Buffer.alloc(0);

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.open({
      data: (bytes) => this.#read(bytes),
      drained: () => {},
      closed: () => {
        this.over = true;
      },
    });
  }

  introduce(serverInfo: string): void {
    this.stream.write(encodeServerInfo(serverInfo));
  }

  result(seq: number, type: number, value: unknown): void {
    this.stream.write(resultFrame(seq, type, value));
  }

  error(seq: number, code: string): void {
    this.stream.write(resultFrame(seq, ERROR_RESULT_TYPE, { code, message: code }));
  }

  /** Lets in a client that has said who it is; or does not. */
  welcome(refused?: string): void {
    this.stream.write(controlFrame(RESERVED_TYPES.welcome, Buffer.from(JSON.stringify({ refused }))));
  }

  /** Lets a client in, and takes no Commands of it. */
  welcomeAndLeave(): void {
    const goodbye = controlFrame(RESERVED_TYPES.goodbye, encodeGoodbye(0));
    this.stream.write(Buffer.concat([controlFrame(RESERVED_TYPES.welcome, Buffer.from('{}')), goodbye]));
  }

  /** Takes no more Commands: none above that one is executed. */
  goodbye(lastSeq: number): void {
    this.stream.write(controlFrame(RESERVED_TYPES.goodbye, encodeGoodbye(lastSeq)));
  }

  /** Has come to the end of a Command that was given up. */
  ended(seq: number): void {
    this.stream.write(controlFrame(RESERVED_TYPES.ended, undefined, seq));
  }

  /** Ends the connection as a peer does that is not to be understood. */
  breakRules(): void {
    this.result(1, 99, 0);
  }

  pong(): void {
    this.stream.write(Buffer.of(0));
  }

  #read(bytes: Buffer): void {
    const reader = new ByteReader();
    reader.buffer = Buffer.concat([this.#kept, bytes]);
    reader.end = reader.buffer.length;
    let start = 0;
    for (;;) {
      const seq = reader.readVarint();
      if (seq === NEED_MORE) break;
      if (seq === 0) this.pings++;
      else {
        const type = reader.readVarint();
        const length = reader.readVarint();
        if (length === NEED_MORE || reader.available < length) break;
        reader.position += length;
        if (type < FIRST_RESERVED_TYPE) this.commands.push(seq);
        else this.told.push(NAMES.get(type) ?? String(type));
      }
      start = reader.position;
    }
    this.#kept = reader.buffer.subarray(start);
  }
}

/** A dial that waits for the network's answer. */
export interface Dial {
  readonly address: string;
  readonly signal: AbortSignal;
  /** Somebody is there. */
  accept(): void;
  /** Nobody is there. */
  refuse(): void;
}

/** The in-memory transport, whose dials take as long as the test wants them to. */
export class Network implements Transport {
  readonly name = 'memory';
  readonly peers: Peer[] = [];
  /** Where each dial comes from, for a test that has to know. */
  readonly callers: string[] = [];
  readonly #dials: (Dial & { readonly number: number })[] = [];
  #made = 0;
  readonly #inner: Transport;

  constructor(stage: Stage) {
    this.#inner = memoryTransport({ defer: stage.defer });
  }

  /** The dials that wait, of one caller or of all. */
  dials(caller?: string): Dial[] {
    const isFrom = (dial: { readonly number: number }) => caller === undefined || caller === this.callers[dial.number];
    return this.#dials.filter((dial) => !dial.signal.aborted && isFrom(dial));
  }

  connect(address: string, signal: AbortSignal): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const go = () => {
        this.#dials.splice(this.#dials.indexOf(dial), 1);
        this.#inner.connect(address, signal).then(resolve, reject);
      };
      const number = this.#made++;
      const dial = { address, signal, number, refuse: go, accept: () => void this.#answer(address).then(go) };
      this.#dials.push(dial);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    });
  }

  listen(options: ListenOptions, events: Parameters<Transport['listen']>[1]): Promise<Listener> {
    return this.#inner.listen(options, events);
  }

  /** Takes one connection at an address. */
  async #answer(address: string): Promise<void> {
    const [host = '', port] = address.split(':');
    const listener = await this.#inner.listen(
      { host, port: Number(port), handshakeTimeoutMs: 1_000, maxConnections: 1 },
      {
        connection: (stream) => {
          this.peers.push(new Peer(stream));
          void listener.close();
        },
        acceptError: () => {},
      },
    );
  }
}
