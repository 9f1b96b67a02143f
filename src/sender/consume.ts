import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';
import { isThenable } from '../base/thenable.ts';
import type { StreamRequest } from './request/stream-request.ts';

/**
 * Hands each Result of `request` to `handler`, one after the other. A handler that throws ends the request, which fails
 * with `consumer-failed`.
 */
export async function consume<Value>(request: StreamRequest, handler: (value: Value) => unknown): Promise<void> {
  for await (const value of request.results) {
    try {
      const working = handler(value as Value);
      if (isThenable(working)) await working;
    } catch (error) {
      const message = `${request.command.name}: the handler of its Results threw: ${describeError(error)}`;
      const failure = new CmdStreamError('consumer-failed', message, { cause: error, mayHaveExecuted: true });
      request.tellSubject(failure);
      request.failed(failure);
      throw failure;
    }
  }
}
