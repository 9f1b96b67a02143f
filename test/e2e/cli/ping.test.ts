import { serve } from 'cmd-stream';
import { describe, expect, it } from 'vitest';
import { Calculator, calc, handlers } from '../../../examples/calc.ts';
import { ScriptedPeer } from '../support/scripted-peer.ts';
import { commandLine } from './support.ts';

const cli = commandLine();
const ping = (...args: string[]) => cli.run(['ping', ...args]);

describe.concurrent('cmd-stream ping', () => {
  it.each([false, true])('measures round trips, with goClients: %s', async (goClients) => {
    await using server = await serve(calc, new Calculator(), handlers, { goClients });
    const { code, stdout, stderr } = await ping(server.address, '--count', '3', '--interval', '5');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const ms = String.raw`[\d.]+ ms`;
    const at = server.address.replaceAll('.', '\\.');
    expect(stdout).toMatch(
      new RegExp(
        `^${at}: connected in ${ms}\n(${at}: pong \\d: ${ms}\n){3}\n3 sent, 3 answered\nmin ${ms}  avg ${ms}  max ${ms}  p50 ${ms}  p99 ${ms}\n$`,
      ),
    );
  });

  it('tells the summary as one JSON document', async () => {
    await using server = await serve(calc, new Calculator(), handlers);
    const { code, stdout, stderr } = await ping(server.address, '--count', '20', '--interval', '0', '--json');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { address, sent, received, minMs, p50Ms, p99Ms, maxMs, avgMs, connectMs } = JSON.parse(stdout);
    expect({ address, sent, received }).toEqual({ address: server.address, sent: 20, received: 20 });
    expect([minMs, p50Ms, p99Ms, maxMs]).toEqual([minMs, p50Ms, p99Ms, maxMs].toSorted((a, b) => a - b));
    expect(avgMs).toBeGreaterThanOrEqual(minMs);
    expect(connectMs).toBeGreaterThan(0);
  });

  it.for(['SIGINT', 'SIGTERM'] as const)('ends with the summary on %s', async (signal, { expect }) => {
    await using server = await serve(calc, new Calculator(), handlers);
    await using running = cli.start(['ping', server.address, '--interval', '1']);
    await running.says(/pong 3: /);
    const { code, stdout, stderr } = await running.stop(signal);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/\n\n(\d+) sent, \d+ answered\nmin .*\n$/);
    await expect.poll(() => server.connections).toBe(0);
  });

  it('fails where no Pong comes, and where the connection goes; what it has measured is shown', async ({ expect }) => {
    await using deaf = await ScriptedPeer.listen({ answersPings: false });
    const silent = await ping(deaf.address, '--timeout', '300');
    expect(silent.code).toBe(1);
    expect(silent.stdout).toMatch(/\n1 sent, 0 answered\n$/);
    expect(silent.stderr).toMatch(/^cmd-stream ping: .* did not answer a Ping within 300 ms \(option --timeout\)\n$/);
    await using peer = await ScriptedPeer.listen();
    await using running = cli.start(['ping', peer.address, '--interval', '1', '--json']);
    await expect.poll(() => peer.connections[0]?.pings ?? 0, { timeout: 20_000 }).toBeGreaterThan(1);
    peer.connections[0]?.reset();
    const lost = await running.ended;
    expect(lost.code).toBe(1);
    expect(JSON.parse(lost.stdout)).toMatchObject({ address: peer.address, p50Ms: expect.any(Number) });
    expect(JSON.parse(lost.stderr)).toMatchObject({ code: 'connection-lost', mayHaveExecuted: false });
  });

  it('takes no Pong that nobody asked for, and no Result', async () => {
    await using eager = await ScriptedPeer.listen({
      answersPings: false,
      onConnection: (one) => one.raw(Buffer.alloc(9)),
    });
    expect(await ping(eager.address, '--timeout', '300')).toMatchObject({ code: 1 });
    await using mad = await ScriptedPeer.listen({ onConnection: (one) => one.result(1, 0, 'x'), answersPings: false });
    const { code, stderr } = await ping(mad.address);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^cmd-stream ping: .*sent a Result although no Command was sent\n$/);
  });

  it.each([
    { args: [], says: 'ping takes one address' },
    { args: ['a:1', '--count', 'x'], says: "--count must be a whole number from 1 to 1000000000; got 'x'" },
    { args: ['a:1', '--interval', '1.5'], says: "--interval must be a whole number from 0 to 2147483647; got '1.5'" },
  ])('takes it for misuse to be asked for $args', async ({ args, says }) => {
    const stderr = `cmd-stream ping: ${says}; try 'cmd-stream ping --help'\n`;
    expect(await ping(...args)).toEqual({ code: 2, stdout: '', stderr });
  });
});
