import { create } from '@bufbuild/protobuf';
import { systemClock } from '../../../src/base/clock.ts';
import { FairTurn } from '../../../src/base/fair-turn.ts';
import { CmdStreamError } from '../../../src/index.ts';
import { Command } from '../../../src/protocol/command.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { ResultBounds } from '../../../src/sender/client/backlog.ts';
import { welcomeCheck } from '../../../src/sender/client/check-welcome.ts';
import { Connection } from '../../../src/sender/client/connection.ts';
import { CreditBudget } from '../../../src/sender/client/credit-budget.ts';
import { dialer } from '../../../src/sender/client/dial.ts';
import { resolveExpectedInfo } from '../../../src/sender/client/expected-info.ts';
import type { PendingCommand } from '../../../src/sender/client/pending-command.ts';
import { NO_METADATA } from '../../../src/wire/extension/metadata.ts';
import type { FrameChannel } from '../../../src/wire/frame-channel.ts';
import { fixedBound } from '../../../src/wire/write-flow.ts';
import { schemas } from '../../interop/support/codecs.ts';
import { bindBoth, type Format } from './corpus.ts';
import { type Delivery, FuzzStream, turn } from './fuzz-stream.ts';
import { type Event, MAX_FRAME_BYTES, type Outcome } from './outcome.ts';

/** How many Commands wait for Results when the bytes of a case arrive; their sequence numbers are 1, 2, 3, ... */
export const PENDING = 8;

/** One for all: to make them is what would cost the most. */
const LOST = new CmdStreamError('connection-lost', 'lost');

/** The real client from its handshake on, all of it but the sockets, to which cases are servers. */
export class ClientTarget {
  readonly #format: Format;
  readonly #codecs: ReturnType<typeof bindBoth>;
  readonly #flushes: (() => void)[] = [];
  #events: Event[] = [];
  #ends: string[] = [];

  constructor(format: Format) {
    this.#format = format;
    this.#codecs = bindBoth(format, 'client');
  }

  /** Plays a server that sends `bytes`, its ServerInfo among them. */
  async play(bytes: Buffer, delivery: Delivery): Promise<Outcome & { readonly keptMemory: number }> {
    this.#events = [];
    this.#ends = [];
    const stream = new FuzzStream(delivery.takesSlowly);
    stream.handshaking = true;
    const connect = dialer({
      ...this.#codecs,
      transport: {
        name: 'fuzz',
        connect: async () => stream,
        listen: () => Promise.reject(new Error('nobody listens')),
      },
      serverInfo: resolveExpectedInfo('default'),
      hello: { timeoutMs: 1_000, metadata: NO_METADATA, version: '0', describe: false },
      checkWelcome: welcomeCheck(this.#format.codec.name, this.#format.protocol[protocolTables]),
      maxFrameBytes: MAX_FRAME_BYTES,
      bufferBound: fixedBound(64 * 1024),
      clock: systemClock,
      defer: (task) => void this.#flushes.push(task),
    });
    const used = connect('fuzz:1', new AbortController().signal).then(
      (channel) => {
        stream.handshaking = false;
        return this.#use(channel);
      },
      (error: unknown) => {
        this.#ends.push(CmdStreamError.from(error).code);
        return undefined;
      },
    );
    const flush = () => {
      const tasks = this.#flushes.splice(0);
      for (const task of tasks) task();
      return tasks.length > 0;
    };
    await stream.play(bytes, delivery, flush);
    const connection = await used;
    await turn();
    flush();
    if (connection !== undefined && connection.pending !== 0) throw new Error('Commands are pending after the end');
    return { events: this.#events, ends: this.#ends, keptMemory: stream.mostKeptMemory };
  }

  /** Sends some Commands and waits for their Results. */
  #use(channel: FrameChannel): Connection {
    const { resultEntries, commandEntries } = this.#format.protocol[protocolTables];
    const clock = systemClock;
    const bounds = new ResultBounds(100, 1_000_000);
    const credit = new CreditBudget(bounds);
    const context = { resultEntries, bounds, credit, turn: new FairTurn(clock), clock };
    const connection: Connection = new Connection(0, 'fuzz:1', channel, context, {
      lost: (error) => {
        this.#ends.push(/closed the connection$/.test(error.message) ? 'in order' : error.code);
        connection.dispose(() => LOST);
      },
      pong: () => {},
      abandoned: () => {},
      givenUp: () => {},
      late: () => {},
      goodbye: () => {},
      retire: () => {},
      room: () => {},
      unexpected: ({ seq, type, value }) => this.#events.push({ what: 'unexpected', seq, name: type, value }),
    });
    // Nobody has asked for Pongs: of what is read as one, the connection would say nothing.
    connection.ping = () => this.#events.push({ what: 'ping', seq: 0, name: '' });
    const payload = this.#format.name === 'protobuf' ? create(schemas.commands.Add) : { A: 1, B: 2 };
    const { name, type } = commandEntries[0] as (typeof commandEntries)[number];
    for (let seq = 1; seq <= PENDING; seq++) {
      connection.send(seq, this.#pending(seq, new Command(name, type, payload, {} as never) as never));
    }
    connection.open();
    return connection;
  }

  #pending(seq: number, command: PendingCommand['command']): PendingCommand {
    let over = false;
    const note = (event: Event, last: boolean) => {
      if (over) throw new Error(`something came for Command ${seq} after its end`);
      over = last;
      // What fails with the connection is no news of its own.
      if (event.name !== 'connection-lost') this.#events.push(event);
    };
    return {
      command,
      head: undefined,
      received: 0,
      settled: false,
      whenSlow: 'pause',
      sent: () => {},
      result: (entry, value, _, last) => note({ what: 'result', seq, name: entry.name, value }, last),
      returned: (error) => note({ what: 'failed', seq, name: error.code }, true),
      failed: (error) => note({ what: 'failed', seq, name: error.code }, true),
    };
  }
}
