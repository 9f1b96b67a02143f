import { createSender } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { calc } from '../support/calc.ts';
import type { ScriptedPeer } from '../support/scripted-peer.ts';
import { adds, deadAddress, onePlusOne, sleep, soon, stage } from './stage.ts';

const { onEnd, peer, sender } = stage();

const openTo = (servers: readonly ScriptedPeer[]) => servers.map(({ connections }) => connections.length);
const addressesOf = (servers: readonly ScriptedPeer[]) => servers.map(({ address }) => address);
const threeServers = async () => [await peer(adds), await peer(adds), await peer(adds)];

/** A server that is stopped, and back at the same port. */
async function restart(servers: ScriptedPeer[], at: number): Promise<void> {
  const { port } = servers[at] as ScriptedPeer;
  await servers[at]?.stop();
  servers[at] = await peer(adds, port);
}

/** Waits so short that clients go home within a test. */
const quick = { initialMs: 5, maxMs: 60 };

describe('the connections of senders', () => {
  it.each([1, 2])('F15: spread over the addresses: thirty senders with %i clients', async (clients) => {
    const servers = await threeServers();
    const address = addressesOf(servers);
    const senders = await Promise.all(Array.from({ length: 30 }, () => createSender(calc, { address, clients })));
    onEnd(() => Promise.all(senders.map((one) => one.close())));
    await soon(() => openTo(servers).reduce((sum, each) => sum + each, 0)).toBe(30 * clients);
    // By chance there may be fewer once in a million runs.
    for (const open of openTo(servers)) expect(open).toBeGreaterThanOrEqual(1);
  });

  it('F15: begin where the option random says', async () => {
    const servers = await threeServers();
    const begins = async (random: number) => {
      const one = await sender({ address: addressesOf(servers), random: () => random });
      return one.status.clients[0]?.address;
    };
    const all = await Promise.all(Array.from({ length: 20 }, (_, n) => begins(n / 20)));
    expect(new Set(all).size).toBe(3);
    expect(await begins(0.4)).toBe(await begins(0.4));
  });

  it('F15: are where they were once each server has been restarted', async () => {
    const servers = await threeServers();
    const one = await sender({ address: addressesOf(servers), clients: 6, reconnect: quick });
    await soon(() => openTo(servers)).toEqual([2, 2, 2]);
    for (const at of [0, 1, 2]) {
      await restart(servers, at);
      await soon(() => one.status.state).toBe('ready');
    }
    await soon(() => openTo(servers)).toEqual([2, 2, 2]);
  });

  it('F15: move to addresses that are new, one after the other, and none fails meanwhile', async () => {
    const servers = await threeServers();
    let known = addressesOf(servers).slice(0, 1);
    const states = new Set<string>();
    const one = await sender({
      address: () => known,
      addressRefreshMs: 10,
      clients: 6,
      reconnect: quick,
      onStatus: (event) => event.type === 'group' && states.add(event.state),
    });
    await soon(() => openTo(servers)).toEqual([6, 0, 0]);
    await soon(() => one.status.state).toBe('ready');
    states.clear();
    known = addressesOf(servers);
    let isOver = false;
    const sends = (async () => {
      for (; !isOver; await sleep(1)) expect(await one.send(onePlusOne)).toBe(2);
    })();
    await soon(() => openTo(servers)).toEqual([2, 2, 2]);
    isOver = true;
    await sends;
    expect([...states]).toEqual([]);
  });

  it('F15: stay where they are while a dial home fails, or is not answered', async () => {
    const server = await peer(adds);
    let known = [server.address];
    const one = await sender({
      address: () => known,
      addressRefreshMs: 10,
      clients: 3,
      reconnect: quick,
      handshakeTimeoutMs: 50,
    });
    await soon(() => openTo([server])).toEqual([3]);
    await soon(() => one.status.ready).toBe(3);
    const { accepted } = server;
    const [silent, dead] = [await peer({ serverInfo: null }), await deadAddress()];
    known = [server.address, silent.address, dead];
    await soon(() => silent.accepted).toBeGreaterThanOrEqual(2);
    for (let sent = 0; sent < 20; sent++) {
      expect(await one.send(onePlusOne)).toBe(2);
      await sleep(5);
    }
    expect(one.status).toMatchObject({ state: 'ready', ready: 3 });
    expect(server.accepted).toBe(accepted);
  });
});
