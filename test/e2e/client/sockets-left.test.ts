import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { beforeAll, describe, expect, it } from 'vitest';
import { program } from '../../support/program.ts';
import { type Certificates, makeCertificates } from '../support/certificates.ts';
import type { Step } from '../support/fixtures/closing-sides.ts';
import { stage } from './stage.ts';

const { onEnd, silentServer } = stage();
const BUSY_MS = 60_000;

let known: Certificates;
beforeAll(async () => {
  known = await makeCertificates();
});

/** A process that has the one side. */
class Side {
  readonly #child: ChildProcess;
  readonly #ready: Promise<unknown>;

  constructor() {
    this.#child = fork(program(new URL('../support/fixtures/closing-sides.ts', import.meta.url)));
    this.#ready = once(this.#child, 'message');
    const ended = once(this.#child, 'exit');
    onEnd(() => {
      this.#child.kill('SIGKILL');
      return ended;
    });
  }

  async tell(step: Step): Promise<unknown> {
    await this.#ready;
    const answered = once(this.#child, 'message');
    this.#child.send(step);
    const [answer] = await answered;
    return answer;
  }
}

describe.each(['tcp', 'tls'] as const)('D3: once it says that it is closed no socket is left: %s', (kind) => {
  const certificates = () => (kind === 'tls' ? known : undefined);

  it.each(['close', 'closeAndWait'] as const)('sender.%s()', { timeout: BUSY_MS }, async (end) => {
    const [server, sender] = [new Side(), new Side()];
    const address = (await server.tell({ do: 'serve', certificates: certificates() })) as string;
    const connect: Step = { do: 'connect', address, certificates: certificates(), lazy: false };
    expect(await sender.tell(connect)).toBe(3);
    expect(await sender.tell({ do: end })).toEqual([]);
  });

  it('sender.close() while it dials', { timeout: BUSY_MS }, async () => {
    const { address } = await silentServer();
    const sender = new Side();
    expect(await sender.tell({ do: 'connect', address, certificates: certificates(), lazy: true })).toBe(0);
    expect(await sender.tell({ do: 'close' })).toEqual([]);
  });

  it.each(['close', 'shutdown'] as const)('server.%s()', { timeout: BUSY_MS }, async (end) => {
    const [server, sender] = [new Side(), new Side()];
    const address = (await server.tell({ do: 'serve', certificates: certificates() })) as string;
    await sender.tell({ do: 'connect', address, certificates: certificates(), lazy: false });
    expect(await server.tell({ do: end })).toEqual([]);
  });

  it.each(['close', 'shutdown'] as const)('server.%s() to which nobody has come', { timeout: BUSY_MS }, async (end) => {
    const server = new Side();
    await server.tell({ do: 'serve', certificates: certificates() });
    expect(await server.tell({ do: end })).toEqual([]);
  });
});
