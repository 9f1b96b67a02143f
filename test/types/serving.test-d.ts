import { describe, expectTypeOf, test } from 'vitest';
import type {
  Authorize,
  CmdStreamError,
  CommandDoneInfo,
  CommandOutcome,
  HandlerContext,
  InvokedCommand,
  Invoker,
  Peer,
  PeerCertificate,
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

describe('the peer', () => {
  test('is the same for handlers and callbacks; its certificate may be missing', () => {
    expectTypeOf<HandlerContext<Bank>['peer']>().toEqualTypeOf<Peer>();
    expectTypeOf<CommandDoneInfo['peer']>().toEqualTypeOf<Peer>();
    expectTypeOf<Peer['certificate']>().toEqualTypeOf<PeerCertificate | undefined>();
    expectTypeOf<PeerCertificate['subject']['CN']>().toEqualTypeOf<string | readonly string[] | undefined>();
    expectTypeOf<HandlerContext<Bank>['connection']['state']>().toEqualTypeOf<Record<string, unknown>>();
  });

  test('is authorised by true or false, now or later, and by nothing else', () => {
    expectTypeOf<() => Promise<boolean>>().toExtend<Authorize>();
    expectTypeOf<(peer: Peer) => boolean>().toExtend<Authorize>();
    expectTypeOf<() => void>().not.toExtend<Authorize>();
    expectTypeOf<() => { allowed: boolean }>().not.toExtend<Authorize>();
    const options: ServerOptions<Bank> = {
      authorize: ({ certificate }, connection) => {
        connection.state.name = certificate?.subject.CN;
        return certificate !== undefined;
      },
      onAcceptError(error, peer) {
        expectTypeOf(error).toEqualTypeOf<CmdStreamError>();
        expectTypeOf(peer).toEqualTypeOf<Peer | undefined>();
      },
    };
    expectTypeOf(options.authorize).not.toBeNull();
  });
});
