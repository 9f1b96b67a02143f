import {
  type CmdStreamError,
  type Codec,
  type Command,
  command,
  createSender,
  defineProtocol,
  result,
  type Sender,
  type SenderOptions,
  type Server,
  serve,
} from 'cmd-stream';
import { afterEach } from 'vitest';
import { expectNothingLeft } from '../support/leaks.ts';

/** What tests of user code in the middle of a dispatch speak. Each payload has a name, by which executions are counted. */
export const tales = defineProtocol({
  results: {
    Name: result<string>(),
    Tick: result<number>({ lastOne: (n) => n === 0 }),
  },
  commands: {
    Tell: command<unknown>().returns('Name'),
    /** Answered when the test says so. */
    Hold: command<unknown>().returns('Name'),
    /** Never comes to its end. */
    Count: command<unknown>().returns('Tick'),
  },
});

export type TaleSender = Sender<typeof tales>;

/** A real server, which notes what it executes, and senders to it. */
export class DispatchStage {
  readonly executed: string[] = [];
  readonly #held: (() => void)[] = [];
  readonly #closes: (() => unknown)[] = [];
  address = '';

  async serve(port = 0, codec?: Codec): Promise<Server> {
    const note = (payload: unknown) => {
      const name = String((payload as { name?: unknown } | null)?.name ?? payload);
      this.executed.push(name);
      return name;
    };
    const executed = {
      Tell: (payload: unknown) => note(payload),
      Hold: async (payload: unknown) => {
        const name = note(payload);
        await new Promise<void>((resolve) => this.#held.push(resolve));
        return name;
      },
      Count: async function* (payload: unknown, { signal }: { signal: AbortSignal }) {
        note(payload);
        yield 1;
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      },
    };
    const server = await serve(
      tales,
      0,
      {
        Tell: executed.Tell,
        Hold: executed.Hold,
        Count: (payload, context) => executed.Count(payload, context),
      },
      { port, host: '127.0.0.1', codec },
    );
    this.address = `127.0.0.1:${server.port}`;
    this.#closes.push(() => server.close());
    return server;
  }

  async sender(options: Partial<SenderOptions> = {}): Promise<TaleSender> {
    const sender = await createSender(tales, {
      address: this.address,
      reconnect: { initialMs: 5, maxMs: 20 },
      drainTimeoutMs: 2_000,
      ...options,
    });
    this.#closes.push(() => sender.close());
    return sender;
  }

  /** Answers what is held. */
  release(): void {
    for (const answer of this.#held.splice(0)) answer();
  }

  async end(): Promise<void> {
    this.release();
    for (const close of this.#closes.splice(0).reverse()) await close();
    this.executed.length = 0;
  }
}

/** Call it at the top of a test file. */
export function dispatchStage(): DispatchStage {
  expectNothingLeft();
  const stage = new DispatchStage();
  afterEach(() => stage.end());
  return stage;
}

/** A Command whose payload runs `code` when it is encoded: by a getter, or by its `toJSON`. */
export function tellRunning(
  name: string,
  code: () => unknown,
  by: 'getter' | 'toJSON' = 'getter',
): Command<'Tell', string> {
  if (by === 'toJSON') {
    return tales.Tell({
      toJSON() {
        code();
        return { name };
      },
    });
  }
  return tales.Tell({
    get name() {
      code();
      return name;
    },
  });
}

/** How a send ends: its value, or its error; `never` where it is not over within a while that is long. */
export async function endOf(
  send: Promise<unknown>,
): Promise<{ readonly value?: unknown; readonly error?: CmdStreamError } | 'never'> {
  let timer: NodeJS.Timeout | undefined;
  const never = new Promise<'never'>((resolve) => {
    timer = setTimeout(() => resolve('never'), 3_000);
  });
  const settled = send.then(
    (value) => ({ value }),
    (error: CmdStreamError) => ({ error }),
  );
  try {
    return await Promise.race([settled, never]);
  } finally {
    clearTimeout(timer);
  }
}
