import { describe, expectTypeOf, test } from 'vitest';
import {
  type CircuitBreakerOptions,
  CmdStreamError,
  CommandFailure,
  type CommandFailureKind,
  circuitBreakerHooks,
  createCircuitBreaker,
  type SentCommand,
} from '../../src/index.ts';

describe('errors', () => {
  test('have the kinds of a CommandFailure as a union, and its details as something unknown', () => {
    const error = new CmdStreamError('command-failed', 'no');
    expectTypeOf(error.failure).toEqualTypeOf<CommandFailureKind | undefined>();
    expectTypeOf(error.details).toBeUnknown();
    expectTypeOf(error.retryAfterMs).toEqualTypeOf<number | undefined>();
    expectTypeOf(error.retryable).toBeBoolean();
    expectTypeOf(error.command).toEqualTypeOf<string | undefined>();
    expectTypeOf(error.seq).toEqualTypeOf<number | undefined>();
    expectTypeOf<CommandFailureKind>().toEqualTypeOf<
      'not-found' | 'permission-denied' | 'unavailable' | 'conflict' | 'rate-limited' | 'failed'
    >();
  });

  test('of a handler are made with a kind that there is, and a message', () => {
    new CommandFailure('not-found', 'no', { details: { id: 1 }, retryAfterMs: 1, mayHaveExecuted: false, cause: 1 });
    // @ts-expect-error: there is no such kind.
    new CommandFailure('gone', 'no');
    // @ts-expect-error: it says something.
    new CommandFailure('failed');
  });

  test('count for a circuit breaker as a function of both says', () => {
    const options: CircuitBreakerOptions = {
      countsAsFailure(error, sent) {
        expectTypeOf(error).toEqualTypeOf<CmdStreamError>();
        expectTypeOf(sent).toEqualTypeOf<SentCommand>();
        return true;
      },
    };
    circuitBreakerHooks(createCircuitBreaker(options), undefined, { countsAsFailure: () => false });
    // @ts-expect-error: it must answer at once.
    circuitBreakerHooks(createCircuitBreaker(), undefined, { countsAsFailure: async () => false });
  });
});
