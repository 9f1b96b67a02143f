import { setImmediate as turn } from 'node:timers/promises';
import { command, defineProtocol, result, type ServerOptions, serve } from 'cmd-stream';

/** Commands that can be told apart: each send has an id of its own. */
export const marked = defineProtocol({
  results: {
    Marked: result<{ id: number; text: string }>(),
    Part: result<{ id: number; n: number; last: boolean }>({ lastOne: ({ last }) => last }),
  },
  commands: {
    Mark: command<{ id: number; text: string }>().returns('Marked'),
    Parts: command<{ id: number; count: number }>().returns('Part'),
  },
});

/** How often each Command was executed, by its id. */
export type Executions = ReadonlyMap<number, number>;

/** The real server, which counts what it executes. */
export async function serveCounted(options: ServerOptions) {
  const executions = new Map<number, number>();
  const count = (id: number) => executions.set(id, (executions.get(id) ?? 0) + 1);
  const server = await serve(
    marked,
    null,
    {
      Mark({ id, text }) {
        count(id);
        return { id, text };
      },
      async *Parts({ id, count: parts }) {
        count(id);
        for (let n = 1; n <= parts; n++) {
          yield { id, n, last: n === parts };
          await turn();
        }
      },
    },
    options,
  );
  return { server, executions: executions as Executions };
}
