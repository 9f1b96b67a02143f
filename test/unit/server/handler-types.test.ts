import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { command, defineProtocol, result } from '../../../src/index.ts';
import type { HandlerContext, Handlers, Invoker } from '../../../src/server/handlers.ts';
import { serve } from '../../../src/server/serve.ts';

const protocol = defineProtocol({
  results: {
    State: result<'on' | 'off'>(),
    Missing: result<null>(),
    Point: result<{ at: [x: number, y: number]; last: boolean }>({ lastOne: ({ last }) => last }),
  },
  commands: {
    Get: command<string>().returns('State'),
    Find: command<number>().returns('State', 'Missing'),
    Walk: command(z.object({ steps: z.string().transform(Number) })).returns('Point'),
  },
});

class Lamp {
  readonly state = 'on';
}

const lamp = new Lamp();

/** Compiled only: `tsc` is what judges these, with and without an error where one is expected. */
const compiled = [
  // Literals and tuples that handlers give keep their type, whatever the form of the handler.
  () =>
    serve(protocol, lamp, {
      Get: () => 'on',
      Find: () => ({ type: 'Missing', value: null }),
      Walk: () => ({ at: [1, 2], last: true }),
    }),
  () =>
    serve(protocol, lamp, {
      Get: (name, { receiver }) => (name === '' ? 'off' : receiver.state),
      async Find(number) {
        return number > 1 ? { type: 'Missing', value: null } : { type: 'State', value: 'on' };
      },
      async *Walk({ steps }) {
        for (let n = 1; n <= steps; n++) yield { at: [n, n], last: n === steps };
      },
    }),
  () =>
    serve(
      protocol,
      lamp,
      {
        Get: async (name) => (name === '' ? 'off' : 'on'),
        Find(_, { proxy }) {
          void proxy.send({ type: 'State', value: 'on' });
          return proxy;
        },
        *Walk() {
          yield { at: [1, 1], last: true };
        },
      },
      { invoker: (_command, { receiver }, next) => (receiver.state === 'on' ? next() : undefined) },
    ),
  () =>
    serve(
      protocol,
      lamp,
      // @ts-expect-error: Walk has no handler.
      { Get: () => 'on', Find: () => ({ type: 'Missing', value: null }) },
    ),
  () =>
    serve(protocol, lamp, {
      // @ts-expect-error: no such state.
      Get: () => 'broken',
      // @ts-expect-error: what Missing carries is null.
      Find: () => ({ type: 'Missing', value: 'on' }),
      Walk: ({ steps }) => {
        // @ts-expect-error: the handler gets what the schema puts out, a number.
        steps.length;
        return { at: [steps, steps], last: true };
      },
    }),
  () =>
    serve(protocol, lamp, {
      Get: (_, { receiver }) => {
        // @ts-expect-error: no such property of the receiver.
        receiver.colour;
        return 'on';
      },
      // @ts-expect-error: where there are several Result types, one must be named.
      Find: () => 'on',
      Walk: (_, { proxy }) => {
        // @ts-expect-error: a Point has `last`.
        proxy.send({ at: [1, 2] });
        return proxy;
      },
    }),
  () =>
    serve(protocol, lamp, {
      // @ts-expect-error: the return is forgotten.
      Get: (name) => {
        name === '' ? 'off' : 'on';
      },
      // @ts-expect-error: and in an async one.
      Find: async (number) => {
        await number;
      },
      Walk: ({ steps }) => ({ at: [steps, steps], last: true }),
    }),
  () =>
    serve(protocol, lamp, {
      Get: () => 'on',
      Find: () => ({ type: 'Missing', value: null }),
      Walk: () => ({ at: [1, 2], last: true }),
      // @ts-expect-error: the protocol has no such Command.
      Switch: () => 'on',
    }),
  () => {
    const get = async (): Promise<string> => 'broken';
    // @ts-expect-error: an async handler is told what its value lacks, and nothing about void.
    const handlers: Pick<Handlers<typeof protocol, Lamp>, 'Get'> = { Get: get };
    return handlers;
  },
];

describe('handlers', () => {
  it('are typed from the protocol', () => {
    expect(compiled).toHaveLength(9);
  });

  it('may be methods of an object that has more', async () => {
    class LampHandlers implements Handlers<typeof protocol, Lamp> {
      Get(_name: string, { receiver }: HandlerContext<Lamp>) {
        return this.#stateOf(receiver);
      }
      Find() {
        return { type: 'Missing', value: null } as const;
      }
      async *Walk() {
        yield { at: [1, 1] as [number, number], last: true };
      }
      /** A public method of another name would not compile: it may be a handler whose Command is gone. */
      #stateOf(of: Lamp): 'on' | 'off' {
        return of.state;
      }
    }
    await using server = await serve(protocol, lamp, new LampHandlers());
    expect(server.connections).toBe(0);
  });

  it('are all needed, also where types were bypassed', async () => {
    const some = { Get: () => 'on' } as unknown as Handlers<typeof protocol, Lamp>;
    await expect(serve(protocol, lamp, some)).rejects.toMatchObject({
      code: 'invalid-argument',
      message: "the Command 'Find' needs a handler function; got undefined",
    });
    await expect(serve(protocol, lamp, null as unknown as typeof some)).rejects.toThrow('must be an object; got null');
  });

  it('an invoker for any receiver suits every server', () => {
    const any: Invoker = (_command, _context, next) => next();
    const own: Invoker<Lamp> = any;
    expect(own).toBe(any);
  });
});
