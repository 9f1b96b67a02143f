import { expect, it } from 'vitest';
import type { PeerCommand } from '../support/scripted-peer.ts';
import { adds, answerAdd, failureOf, onePlusOne, soon, stage } from './stage.ts';

const { peer, sender } = stage();

it('sequence numbers begin at 1 for each client, and go on across its reconnects', async () => {
  const server = await peer({
    onCommand: (command: PeerCommand) => {
      if (command.seq % 3 === 0) command.connection.reset();
      else answerAdd(command);
    },
  });
  const client = await sender({ address: server.address, waitForReady: true });
  const outcomes: string[] = [];
  for (let sent = 1; sent <= 7; sent++) {
    outcomes.push(await client.send(onePlusOne).then(String, (error) => error.code));
  }
  expect(outcomes).toEqual(['2', '2', 'connection-lost', '2', '2', 'connection-lost', '2']);
  expect(server.commands.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(server.accepted).toBe(3);
});

it('a Result over a new connection never reaches a Command of an old one', async () => {
  const held: PeerCommand[] = [];
  const server = await peer({ onCommand: (command) => void held.push(command) });
  const late: number[] = [];
  const client = await sender({ address: server.address, onUnexpectedResult: ({ seq }) => late.push(seq) });
  const lost = failureOf(client.send(onePlusOne));
  await soon(() => held.length).toBe(1);
  held[0]?.connection.reset();
  expect((await lost).code).toBe('connection-lost');
  const next = client.send(onePlusOne, { waitForReady: true });
  await soon(() => held.length).toBe(2);
  const [, second] = held;
  // A server that answers across connections: the number is that of the old Command.
  second?.connection.result(1, 0, 1);
  second?.connection.result(second.seq, 0, 2);
  expect(await next).toBe(2);
  expect(late).toEqual([1]);
});

it('each client counts by itself', async () => {
  const server = await peer(adds);
  const client = await sender({ address: server.address, clients: 2 });
  await soon(() => client.status.state).toBe('ready');
  for (let sent = 0; sent < 4; sent++) await client.send(onePlusOne);
  expect(server.commands.map(({ seq }) => seq).sort()).toEqual([1, 1, 2, 2]);
});
