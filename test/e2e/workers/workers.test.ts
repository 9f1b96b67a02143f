import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSender, type Sender } from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../support/ports.ts';
import { places } from './fixtures/protocol.ts';
import { Primary, startPrimary } from './support.ts';

type Places = Sender<typeof places>;
const open = (address: string, clients = 1) => createSender(places, { address, clients });
const pidOf = (sender: Places, afterMs = 0) => sender.send(places.Pid({ afterMs }), { timeoutMs: 30_000 });

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cmd-stream-workers-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.concurrent('serveWorkers', () => {
  it('gives each of four workers four of sixteen connections', async ({ expect }) => {
    await using primary = await startPrimary({ workers: 4 });
    const counts = new Map<number, number>();
    const senders: Places[] = [];
    for (let index = 0; index < 16; index++) {
      const sender = await open(primary.address);
      senders.push(sender);
      const pid = await pidOf(sender);
      counts.set(pid, (counts.get(pid) ?? 0) + 1);
    }
    expect([...counts.values()]).toEqual([4, 4, 4, 4]);
    expect([...counts.keys()].sort()).toEqual((await primary.pids()).sort());
    expect(await primary.act('metrics')).toMatch(/rpc_server_call_duration_seconds_count\{[^}]*\} 16\n/);
    await Promise.all(senders.map((sender) => sender.close()));
  });

  it('loses by kill -9 of one what was in flight there alone, and starts another', async ({ expect }) => {
    await using primary = await startPrimary({ workers: 2 });
    const senders = [await open(primary.address), await open(primary.address)];
    const [one = 0, other = 0] = await Promise.all(senders.map((sender) => pidOf(sender)));
    expect(one).not.toBe(other);
    const slow = senders.map((sender) => pidOf(sender, 1_000));
    // Once a later one is back, it is under way.
    await Promise.all(senders.map((sender) => pidOf(sender)));
    process.kill(one, 'SIGKILL');
    await expect(slow[0]).rejects.toMatchObject({ code: 'connection-lost', mayHaveExecuted: true });
    expect(await slow[1]).toBe(other);
    await expect.poll(async () => (await primary.pids()).length).toBe(2);
    expect(await primary.pids()).not.toContain(one);
    await expect.poll(() => primary.stderr).toContain(`the worker ${one} has died: signal SIGKILL`);
    await Promise.all(senders.map((sender) => sender.close()));
  });

  it.skipIf(process.platform === 'win32')(
    'ends a connection that a process was handed and dies before it takes it',
    async ({ expect }) => {
      const PORT = String(await freePort());
      await using primary = await startPrimary({ workers: 1, maxBackoffMs: 10 }, { PORT });
      const [pid = 0] = await primary.pids();
      process.kill(pid, 'SIGSTOP');
      const socket = connect(Number(PORT), '127.0.0.1').on('error', () => {});
      const ended = once(socket.resume(), 'close');
      await once(socket, 'connect');
      // What waits when the first process is asked has been handed over by its second answer.
      for (let asked = 0; asked < 2; asked++) await primary.act('status');
      process.kill(pid, 'SIGKILL');
      await ended;
      await expect.poll(async () => (await primary.pids()).some((each) => each !== pid)).toBe(true);
      await using sender = await open(primary.address);
      expect(await pidOf(sender)).not.toBe(pid);
    },
  );

  it('replaces all by roll(), and nothing fails under load', async ({ expect }) => {
    await using primary = await startPrimary({ workers: 2 });
    const before = await primary.pids();
    await using sender = await open(primary.address, 4);
    let isOver = false;
    let sent = 0;
    const served = new Set<number>();
    const load = Array.from({ length: 16 }, async () => {
      while (!isOver) {
        served.add(await pidOf(sender, 2));
        sent++;
      }
    });
    await expect.poll(() => sent).toBeGreaterThan(100);
    await primary.act('roll');
    const after = await primary.pids();
    const atTheEnd = sent;
    await expect.poll(() => sent).toBeGreaterThan(atTheEnd + 100);
    isOver = true;
    await Promise.all(load);
    expect(after).toHaveLength(2);
    expect(after.filter((pid) => before.includes(pid))).toEqual([]);
    expect(after.some((pid) => served.has(pid))).toBe(true);
    // What the old ones have counted is not forgotten.
    expect(await primary.act('metrics')).toMatch(new RegExp(`call_duration_seconds_count\\{[^}]*\\} ${sent}\\n`));
  });

  it('keeps the old ones where a new one does not start', async ({ expect }) => {
    const BROKEN = join(folder, 'broken');
    await using primary = await startPrimary({ workers: 2 }, { BROKEN });
    const before = await primary.pids();
    await writeFile(BROKEN, '');
    await expect(primary.act('roll')).rejects.toThrow(/^listen-failed: .*the old ones stay: this version is broken/);
    expect(await primary.pids()).toEqual(before);
    await rm(BROKEN);
    await primary.act('roll');
    expect((await primary.pids()).filter((pid) => before.includes(pid))).toEqual([]);
  });

  it('ends with the reason after five deaths in a minute', async ({ expect }) => {
    const PORT = String(await freePort());
    await using primary = await startPrimary({ workers: 1, maxBackoffMs: 10 }, { PORT });
    for (let deaths = 0; deaths < 4; deaths++) {
      const [pid = 0] = await primary.pids();
      process.kill(pid, 'SIGKILL');
      await expect.poll(async () => (await primary.pids()).some((each) => each !== pid)).toBe(true);
    }
    await using sender = await open(primary.address);
    expect(await pidOf(sender)).toBe((await primary.pids())[0]);
    await sender.send(places.Fall({}), { timeoutMs: 30_000 }).catch(() => undefined);
    expect(await primary.says('done')).toMatch(/^listen-failed: the workers of .*server\.js have died: fallen over/);
  });

  it('fails at once where a worker dies before it serves, with the reason', async ({ expect }) => {
    await using taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as { port: number };
    await using primary = new Primary({ workers: 2 }, { PORT: String(port) });
    expect(await primary.says('failed')).toMatch(/^listen-failed: .*EADDRINUSE/);
  });

  it.each(['drain', 'close'])('ends all by %s', async (how) => {
    await using primary = await startPrimary({ workers: 2 });
    const pids = await primary.pids();
    await using sender = await open(primary.address);
    const slow = pidOf(sender, 500).catch(({ code }) => code);
    await pidOf(sender);
    await primary.act(how);
    expect(await slow).toEqual(how === 'drain' ? expect.any(Number) : 'connection-lost');
    expect(await primary.says('done')).toBe('closed');
    for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
    await expect(primary.act('roll')).rejects.toThrow(/^closed: /);
  });

  it("shares the port by the system via 'reuse-port', or says what that needs", async ({ expect }) => {
    const port = await freePort();
    await using primary = new Primary({ workers: 2, via: 'reuse-port' }, { PORT: String(port) });
    const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
    if (process.platform !== 'linux' || major < 22 || (major === 22 && minor < 12)) {
      expect(await primary.says('failed')).toMatch(/^invalid-argument: option 'via' cannot be 'reuse-port' here.*Node/);
      return;
    }
    expect(await primary.says('address')).toBe(`127.0.0.1:${port}`);
    await using sender = await open(primary.address, 8);
    expect(await primary.pids()).toContain(await pidOf(sender));
    await primary.act('roll');
  });
});
