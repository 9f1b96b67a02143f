import { expect, it } from 'vitest';
import { adds, failureOf, onePlusOne, soon, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';

// Go: 100 sends with a context that is cancelled already: 100 errors, and 100 Commands executed on the server.
// Here: what is cancelled, or overdue, before it is sent is not sent.

const { peer, sender } = stage();

it('flaw 3: no Command goes out whose signal has fired, or whose deadline has passed, already', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address });
  const signal = AbortSignal.abort();
  const failures: Promise<unknown>[] = [];
  for (let sent = 0; sent < 100; sent++) {
    failures.push(
      failureOf(client.send(onePlusOne, { signal })),
      failureOf(client.sendMulti(calc.Countdown({ from: 1 }), () => {}, { signal })),
      failureOf(client.sendMulti(calc.Countdown({ from: 1 }), { signal }).next()),
    );
  }
  for (const error of await Promise.all(failures)) {
    expect(error).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
  }
  for (const late of [
    client.sendWithDeadline(onePlusOne, Date.now() - 1),
    client.sendMultiWithDeadline(calc.Countdown({ from: 1 }), Date.now() - 1, () => {}),
    client.send(onePlusOne, { timeoutMs: 0 }),
  ]) {
    expect(await failureOf(late)).toMatchObject({ code: 'timeout', mayHaveExecuted: false });
  }
  // What comes after it on the same connection shows that nothing went before it.
  expect(await client.send(onePlusOne)).toBe(2);
  expect(server.commands.map(({ seq }) => seq)).toEqual([1]);
});

it('flaw 3: no Command goes out that is cancelled while it waits for a client', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, waitForReady: true });
  const { port } = server;
  await server.stop();
  await soon(() => client.status.state).toBe('unavailable');
  const controller = new AbortController();
  const waiting = failureOf(client.send(onePlusOne, { signal: controller.signal }));
  controller.abort();
  expect(await waiting).toMatchObject({ code: 'cancelled', mayHaveExecuted: false });
  const again = await peer(adds, port);
  expect(await client.send(onePlusOne)).toBe(2);
  expect(again.commands).toHaveLength(1);
});
