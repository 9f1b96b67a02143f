import type { Handlers } from 'cmd-stream';
import type { interop } from '../../interop/support/protocol.ts';
import { plainHandlers } from '../../interop/support/service.ts';

/**
 * What a server may do wrong, so that tests see the run notice: `content`: another text in an echo; `gap`: a Tick left out;
 * `short`: the last Tick too early; `twice`: a Command executed twice; `slip`: a Command executed and not told of.
 */
export const LIES = ['content', 'gap', 'short', 'twice', 'slip'] as const;

/** One of {@link LIES}. */
export type Lie = (typeof LIES)[number];

type InteropHandlers = Handlers<typeof interop, undefined>;

/** One Command of so many is lied about. */
const EVERY = 20;

/** The handlers of a server that lies, or of an honest one. */
export function handlersThat(lie: Lie | undefined): InteropHandlers {
  if (lie === 'content') {
    let echoes = 0;
    return {
      ...plainHandlers,
      Echo: ({ Data, Text }) => ({ Data, Text: ++echoes % EVERY === 0 ? `${Text}?` : Text }),
    };
  }
  if (lie === 'gap' || lie === 'short') {
    const second = (start: number) => (lie === 'gap' && start > 3 ? start - 2 : start - 1);
    const isLast = (n: number) => (lie === 'short' ? n <= 2 : n <= 1);
    return {
      ...plainHandlers,
      async *Countdown({ From }) {
        const start = Number(From);
        yield { N: start, Last: isLast(start) };
        for (let n = second(start); n > 0; n--) yield { N: n, Last: isLast(n) };
      },
    };
  }
  return plainHandlers;
}

/** How often a server that lies says that it has executed a Command, the `count`-th one. */
export function timesTold(lie: Lie | undefined, count: number): number {
  if (count % EVERY !== 0) return 1;
  if (lie === 'twice') return 2;
  return lie === 'slip' ? 0 : 1;
}
