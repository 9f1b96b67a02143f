import { CmdStreamError, type CmdStreamErrorCode, type Hooks, type SentCommand } from 'cmd-stream';
import { interop } from '../../interop/support/protocol.ts';
import { type Entry, Ledger, type Settled } from '../../stress/ledger.ts';
import { VerifyErrors } from '../../stress/verify-errors.ts';
import { type Expectation, withId } from '../../stress/workload/work.ts';
import { terms } from '../sender/hooks/support.ts';

/** Expects the Results 'r0', 'r1', ... */
export const expectation = (changes: Partial<Expectation> = {}): Expectation => ({
  kind: 'test',
  timeoutMs: 1000,
  check: (value, index) => (value === `r${index}` ? undefined : `expected r${index}, got ${value}`),
  results: 1,
  ...changes,
});

/** An error of the library. */
export const failure = (code: CmdStreamErrorCode, mayHaveExecuted = false, message: string = code): Settled => ({
  error: new CmdStreamError(code, message, { mayHaveExecuted }),
});

/** A ledger under a clock of its own, with sends that go as a test says. */
export class Book {
  nowMs = 0;
  readonly errors = new VerifyErrors();
  readonly ledger = new Ledger(this.errors, 50, () => this.nowMs);
  #lastId = 0;

  /** Begins a send, which has been asked for by its hooks. */
  begin(changes: Partial<Expectation> = {}): Send {
    const id = ++this.#lastId;
    const entry = this.ledger.begin(id, 'Add', expectation(changes));
    const command = interop.Add(withId(id, { A: 1, B: 2 }));
    const hooks = this.ledger.hooks(command, terms);
    void hooks.beforeSend?.(command);
    return new Send(this.ledger, entry, hooks, id);
  }
}

/** One send, step by step; `sent.seq` is its id. */
export class Send {
  readonly ledger: Ledger;
  readonly entry: Entry;
  readonly hooks: Hooks;
  readonly sent: SentCommand;

  constructor(ledger: Ledger, entry: Entry, hooks: Hooks, seq: number) {
    this.ledger = ledger;
    this.entry = entry;
    this.hooks = hooks;
    this.sent = { command: interop.Add({ A: 1, B: 2 }), seq, clientId: 0, size: 1 };
  }

  results(...values: string[]): this {
    for (const value of values) this.ledger.result(this.entry, value);
    return this;
  }

  /** Settles as it should: with the hooks told of it. */
  settle(how: Settled): this {
    this.tellHooks(how);
    this.ledger.settled(this.entry, how);
    return this;
  }

  tellHooks(how: Settled): void {
    const { hooks, sent } = this;
    const error = typeof how === 'object' ? (how.error as CmdStreamError) : new CmdStreamError('cancelled', 'left');
    if (how === 'success') hooks.onResult?.(sent, { seq: 1, type: 'Sum', value: 3, size: 1, last: true });
    else if (error.code === 'timeout') hooks.onTimeout?.(sent, error);
    else if (error.code === 'cancelled') hooks.onCancel?.(sent, error);
    else hooks.onError?.(sent, error);
  }
}
