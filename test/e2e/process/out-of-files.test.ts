import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { expect, onTestFinished, test } from 'vitest';
import { tcpTransport } from '../../../src/wire/transport/tcp.ts';
import { program } from '../../support/program.ts';
import { connecting, until } from '../../unit/wire/transport/support.ts';

test.skipIf(process.platform === 'win32')('a listener that runs out of file descriptors survives it', async () => {
  const script = program(new URL('./fixtures/out-of-files.ts', import.meta.url));
  const command = `ulimit -n 64 && exec "${process.execPath}" "${script}"`;
  const child = spawn('/bin/sh', ['-c', command], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    const gone = new Promise((resolve) => child.once('close', resolve));
    child.kill();
    await gone;
  });
  const lines: string[] = [];
  createInterface(child.stdout).on('line', (line) => lines.push(line));

  await until(() => lines[1] === 'full', 'the child to be out of file descriptors', 20_000);
  const address = lines[0] ?? '';
  const refused = (await connecting(tcpTransport(), address)).open();
  await until(() => refused.closes.length > 0, 'the connection that cannot be accepted to be closed');
  expect(lines).not.toContain('accepted');

  child.stdin.write('go on');
  await until(() => lines.includes('free again'), 'the child to have file descriptors again');
  await connecting(tcpTransport(), address);
  await until(() => lines.includes('accepted'), 'an accepted connection');
});
