import { fork } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { createSender } from 'cmd-stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { program } from '../../support/program.ts';
import { start } from '../../support/run.ts';
import { standStill } from '../../support/stand-still.ts';
import { failureOf, stage } from '../client/stage.ts';
import { calc } from '../support/calc.ts';
import { later } from './fixtures/later-protocol.ts';
import { answers } from './support.ts';

const { onEnd, peer, sender } = stage();

const script = (name: string) => program(new URL(`./fixtures/${name}.ts`, import.meta.url));

/** Where a server listens that is in a process of its own. */
async function serverElsewhere(): Promise<string> {
  const child = fork(script('later-server'), { stdio: 'inherit' });
  onEnd(async () => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  });
  return await new Promise((resolve) => child.once('message', resolve as () => void));
}

const run = (name: string, ...args: (string | number)[]) =>
  start(process.execPath, [script(name), ...args.map(String)]);

describe('a deadline that comes late, since the process stood still', () => {
  it('F7 V14: does not count against a Result that had arrived by then', async () => {
    const client = await createSender(later, { address: await serverElsewhere() });
    onEnd(() => client.close());
    await client.send(later.Do({ afterMs: 0 }));
    const sending = client.send(later.Do({ afterMs: 0 }), { timeoutMs: 300 });
    // The Command leaves at the end of this turn.
    await new Promise<void>((resolve) =>
      setImmediate(() => {
        resolve();
        standStill(1_500);
      }),
    );
    expect(await sending).toBe('done');
  });

  it('F7 V14: nor where a hook of another deadline kept the process busy', async () => {
    const client = await createSender(later, {
      address: await serverElsewhere(),
      hooks: (command) => ({ onTimeout: () => command.payload === slow.payload && standStill(1_500) }),
    });
    onEnd(() => client.close());
    const slow = later.Do({ afterMs: 60_000 });
    await client.send(later.Do({ afterMs: 0 }));
    const first = failureOf(client.send(slow, { timeoutMs: 200 }));
    await delay(150);
    const second = client.send(later.Do({ afterMs: 200 }), { timeoutMs: 600 });
    expect(await first).toMatchObject({ code: 'timeout' });
    expect(await second).toBe('done');
  });

  it('F7 V14: nor in a process that was stopped meanwhile', async () => {
    const address = await serverElsewhere();
    await using client = run('stopped-client', address, 300, 1_000);
    await client.says(/sent/);
    client.signal('SIGSTOP');
    await delay(2_000);
    client.signal('SIGCONT');
    expect((await client.says(/it ended: (.*)/))[1]).toBe('done');
  });

  it('F7: is kept all the same where nothing came', async () => {
    const client = await createSender(later, { address: await serverElsewhere() });
    onEnd(() => client.close());
    const sending = failureOf(client.send(later.Do({ afterMs: 60_000 }), { timeoutMs: 50 }));
    setImmediate(() => standStill(300));
    expect(await sending).toMatchObject({ code: 'timeout', mayHaveExecuted: true });
  });
});

describe('fake timers', () => {
  afterEach(() => {
    vi.useRealTimers();
    vi.resetModules();
  });

  it('F11: do not concern a sender, neither while they are in use nor after', async () => {
    const { address } = await peer(answers);
    const client = await sender({ address });
    const codeOf = async (timeoutMs: number) =>
      (await failureOf(client.send(calc.Wait({ ms: 1 }), { timeoutMs }))).code;
    for (let round = 0; round < 2; round++) {
      vi.useFakeTimers();
      expect(await codeOf(100)).toBe('timeout');
      expect(await client.send(calc.Echo('fake'))).toBe('fake');
      const deadline = failureOf(client.sendWithDeadline(calc.Wait({ ms: 1 }), Date.now() + 50));
      expect(await deadline).toMatchObject({ code: 'timeout' });
      vi.useRealTimers();
      expect([await codeOf(100), await codeOf(50)]).toEqual(['timeout', 'timeout']);
    }
  });

  it('F11: do not concern a library that is loaded, nor a sender that is made, while they are in use', async () => {
    const { address } = await peer(answers);
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'Date', 'performance'] });
    vi.resetModules();
    const { createSender: createAnother, CmdStreamError } = await import('cmd-stream');
    const { calc: protocol } = await import('../support/calc.ts');
    const client = await createAnother(protocol, { address });
    onEnd(() => client.close());
    const codeOf = (timeoutMs: number) =>
      client.send(protocol.Wait({ ms: 1 }), { timeoutMs }).catch((error: unknown) => {
        return error instanceof CmdStreamError ? error.code : error;
      });
    expect(await codeOf(50)).toBe('timeout');
    vi.useRealTimers();
    expect([await codeOf(50), await codeOf(20)]).toEqual(['timeout', 'timeout']);
  });

  it('F11: nor do those of node:test', async () => {
    await using client = run('mocked-timers', await serverElsewhere());
    const { code, stdout } = await client.ended;
    expect(stdout).toBe('with fake timers: timeout\nby a fake date: timeout\nwithout: timeout timeout\n');
    expect(code).toBe(0);
  });
});
