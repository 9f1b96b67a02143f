import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure, command, createSender, defineProtocol, result, serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { expectNothingLeft } from '../support/leaks.ts';

expectNothingLeft();

const protocol = defineProtocol({
  results: { Done: result<number>() },
  commands: { Do: command<number>().returns('Done') },
});

/** A server that fails at once, or answers after some time; how many Commands it had. */
async function server(fail: (() => unknown) | undefined) {
  const counts = { commands: 0, fail };
  const served = await serve(
    protocol,
    null,
    {
      async Do(n) {
        counts.commands++;
        if (counts.fail !== undefined) throw counts.fail();
        await sleep(10);
        return n;
      },
    },
    { onHandlerError: () => {} },
  );
  return { served, counts };
}

describe('A15: least-pending', () => {
  it('does not love a server that fails at once, and comes back to it when it is well', async () => {
    const { served: broken, counts: ofBroken } = await server(() => new Error('at once'));
    const { served: well, counts: ofWell } = await server(undefined);
    await using _broken = broken;
    await using _well = well;
    await using sender = await createSender(protocol, {
      address: [broken.address, well.address],
      clients: 2,
      dispatch: 'least-pending',
      waitForReady: true,
    });
    await expect.poll(() => sender.status.ready).toBe(2);
    const until = async (enough: () => boolean) => {
      while (!enough()) await sender.send(protocol.Do(1)).catch(() => undefined);
    };
    const callers = (enough: () => boolean) => Promise.all(Array.from({ length: 10 }, () => until(enough)));
    await callers(() => ofWell.commands >= 300);
    // By its number of Commands that wait it would have had nearly all: thousands of them.
    expect(ofBroken.commands).toBeLessThan(ofWell.commands / 3);

    ofBroken.fail = undefined;
    const [before, beforeWell] = [ofBroken.commands, ofWell.commands];
    await callers(() => ofBroken.commands >= before + 100);
    await callers(() => ofWell.commands >= beforeWell + 100);
  });

  it('holds nothing against a server whose callers ask wrongly', async () => {
    const { served: first, counts } = await server(() => new CommandFailure('not-found', 'not here'));
    await using _first = first;
    const { served: second, counts: others } = await server(() => new CommandFailure('not-found', 'not here'));
    await using _second = second;
    await using sender = await createSender(protocol, {
      address: [first.address, second.address],
      clients: 2,
      dispatch: 'least-pending',
    });
    await expect.poll(() => sender.status.ready).toBe(2);
    for (let n = 0; n < 20; n++) await sender.send(protocol.Do(n)).catch(() => undefined);
    expect([counts.commands, others.commands]).toEqual([10, 10]);
  });
});
