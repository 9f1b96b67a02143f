import { describe, expectTypeOf, test } from 'vitest';
import type {
  CmdStreamError,
  CommandDoneInfo,
  CommandOutcome,
  HandlerContext,
  InvokedCommand,
  Invoker,
  ServerOptions,
} from '../../src/index.ts';

class Bank {
  balance = 0;
}

describe('an invoker', () => {
  test('is given the Command, the context with its receiver, and next() with or without another payload', () => {
    const invoker: Invoker<Bank> = async (command, context, next) => {
      expectTypeOf(command).toEqualTypeOf<InvokedCommand>();
      expectTypeOf(command.payload).toBeUnknown();
      expectTypeOf(context).toEqualTypeOf<HandlerContext<Bank, unknown>>();
      expectTypeOf(context.receiver.balance).toBeNumber();
      expectTypeOf(next()).toBeUnknown();
      expectTypeOf(await next(1)).toBeUnknown();
      // @ts-expect-error: one payload.
      next(1, 2);
      return next();
    };
    expectTypeOf(invoker).toExtend<ServerOptions<Bank>['invoker']>();
  });

  test('for any receiver suits every server, one for a receiver of its own does not', () => {
    expectTypeOf<Invoker>().toExtend<Invoker<Bank>>();
    expectTypeOf<Invoker<Bank>>().not.toExtend<Invoker<string>>();
  });
});

describe('onCommandDone', () => {
  test("is told the Command, 'success' or the error, the number of Results and the duration", () => {
    const options: ServerOptions = {
      exposeErrors: false,
      onCommandDone(info, outcome, results, durationMs) {
        expectTypeOf(info).toEqualTypeOf<CommandDoneInfo>();
        expectTypeOf(info.command).toEqualTypeOf<string | undefined>();
        expectTypeOf(outcome).toEqualTypeOf<CommandOutcome>();
        if (outcome !== 'success') expectTypeOf(outcome).toEqualTypeOf<CmdStreamError>();
        expectTypeOf(results).toBeNumber();
        expectTypeOf(durationMs).toBeNumber();
      },
    };
    expectTypeOf(options.onCommandDone).not.toBeUndefined();
  });
});
