import { CmdStreamError, describeError } from '../errors/cmd-stream-error.ts';

/** Hands each value of `stream` to `handler`, one after the other. A handler that throws ends the request. */
export async function consume<Value>(
  commandName: string,
  stream: AsyncIterable<Value>,
  handler: (value: Value) => void | Promise<void>,
): Promise<void> {
  for await (const value of stream) {
    try {
      const working = handler(value);
      if (working !== undefined) await working;
    } catch (error) {
      throw new CmdStreamError(
        'consumer-failed',
        `${commandName}: the handler of its Results threw: ${describeError(error)}`,
        {
          cause: error,
          mayHaveExecuted: true,
        },
      );
    }
  }
}
