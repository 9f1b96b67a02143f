import { expect, it } from 'vitest';
import { adds, failureOf, onePlusOne, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';

// Go: a Command that cannot be encoded leaves its sequence number in the buffer; the next Command's bytes kill the connection.
// Here: it leaves no byte; its neighbours of the same turn arrive whole.

const { peer, sender } = stage();

const noNumber = new Map() as unknown as number;
/** Encoded half when it turns out that it cannot be. */
const unsendable = calc.Add({ a: 1, b: noNumber });
const tooLarge = calc.Echo('x'.repeat(100_000));

it('flaw 17: a Command that cannot be encoded fails alone, between neighbours of the same turn', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, maxFrameBytes: 50_000 });
  const neighbours: Promise<number>[] = [];
  const failures: Promise<{ code: string }>[] = [];
  for (let round = 0; round < 5; round++) {
    neighbours.push(client.send(onePlusOne));
    failures.push(failureOf(client.send(unsendable)));
    neighbours.push(client.send(onePlusOne));
    failures.push(failureOf(client.send(tooLarge)));
    failures.push(failureOf(client.sendMulti(unsendable, () => {})));
  }
  neighbours.push(client.send(onePlusOne));
  const errors = await Promise.all(failures);
  expect(errors).toHaveLength(15);
  for (const error of errors) expect(error).toMatchObject({ mayHaveExecuted: false });
  expect(errors.slice(0, 3).map(({ code }) => code)).toEqual(['encode-failed', 'frame-too-large', 'encode-failed']);
  expect(await Promise.all(neighbours)).toEqual(Array.from({ length: 11 }, () => 2));
  expect(server.accepted).toBe(1);
  // No sequence number is used up by what is not sent.
  expect(server.commands.map(({ seq }) => seq)).toEqual(Array.from({ length: 11 }, (_, index) => index + 1));
  expect(server.commands.every(({ type }) => type === 0)).toBe(true);
});
