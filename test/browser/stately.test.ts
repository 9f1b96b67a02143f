import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createWebSocketInspector, type StatelyInspectionEvent } from '@statelyai/inspect';
import { createInspectorServer } from '@statelyai/inspect/server';
import { describe, expect, it } from 'vitest';
import { createViteServer } from 'vitest/node';
import { calc } from '../e2e/support/calc.ts';
import { freePort } from '../support/ports.ts';
import { inBrowser } from './support/chromium.ts';
import { startSender, startServer } from './support/service.ts';

const browser = inBrowser();
const PAGE = fileURLToPath(new URL('stately-page', import.meta.url));

/** Serves a page that receives events as Stately's page does. */
async function inspectorPage(): Promise<string> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'cmd-stream-vite-'));
  const server = await createViteServer({
    root: PAGE,
    configFile: false,
    cacheDir,
    logLevel: 'error',
    server: { port: await freePort(), host: 'localhost' },
    optimizeDeps: { include: ['@statelyai/inspect'] },
  });
  await server.listen();
  browser.onEnd(async () => {
    await server.close();
    await rm(cacheDir, { recursive: true, force: true });
  });
  const [url = ''] = server.resolvedUrls?.local ?? [];
  browser.allow(new URL(url).origin);
  return url;
}

describe('Stately Inspector', () => {
  it('gets every actor, event and snapshot over its own bridge', async () => {
    const url = await inspectorPage();
    const port = await freePort();
    const bridge = createInspectorServer({ port, url, autoOpen: false });
    browser.onEnd(() => bridge.stop());
    const page = await browser.open(`http://localhost:${port}/`);
    const frame = () => page.frames().find((candidate) => candidate.url() === url);
    await expect.poll(() => frame()?.evaluate(() => 'received' in globalThis), { timeout: 20_000 }).toBe(true);
    const inspector = createWebSocketInspector({ url: `ws://localhost:${port}` });
    browser.onEnd(() => inspector.stop());

    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    await sender.send(calc.Echo('a secret'));
    await sender.send(calc.Wait({ ms: 300 }), { timeoutMs: 30 }).catch(() => undefined);
    const received = () =>
      frame()?.evaluate(() => (globalThis as unknown as { received: StatelyInspectionEvent[] }).received) ??
      Promise.resolve([]);
    const sessionOf = (events: readonly StatelyInspectionEvent[], name: string) =>
      events.find((event) => event.type === '@xstate.actor' && event.name === name)?.sessionId;
    await expect
      .poll(async () => statesOf(await received(), 'request 2 Wait'), { timeout: 10_000 })
      .toEqual(['queued', 'sent', 'timedOut']);

    const events = await received();
    for (const event of events) {
      expect(['@xstate.actor', '@xstate.event', '@xstate.snapshot']).toContain(event.type);
      expect(event).toMatchObject({ sessionId: expect.any(String), rootId: expect.any(String), _version: '0.7.2' });
      expect(Number(event.createdAt)).toBeGreaterThan(0);
      if (event.type !== '@xstate.actor') expect(event.event.type).toMatch(/\S/);
      if (event.type === '@xstate.snapshot') expect(event.snapshot).toHaveProperty('status');
    }
    const root = sessionOf(events, 'sender');
    const actors = events.filter((event) => event.type === '@xstate.actor');
    const group = actors.find(({ name }) => name === 'group');
    expect(group).toMatchObject({ parentId: root, rootId: root });
    for (const id of [0, 1]) {
      const client = actors.find(({ name }) => name === `client ${id} @ ${server.address}`);
      expect(client?.parentId).toBe(group?.sessionId);
      expect(JSON.parse(client?.definition ?? '{}').states).toHaveProperty('reconnecting');
    }
    expect(actors.find(({ name }) => name === 'circuit breaker')?.parentId).toBe(root);
    expect(actors.find(({ name }) => name === 'addresses')?.parentId).toBe(root);
    expect(actors.find(({ name }) => name === 'request 1 Echo')?.parentId).toBe(root);
    expect(statesOf(events, 'group').at(-1)).toBe('ready');
    expect(statesOf(events, 'request 1 Echo')).toEqual(['queued', 'sent', 'succeeded']);
    const heard = events.filter(
      (event) => event.type === '@xstate.event' && event.sessionId === sessionOf(events, 'request 1 Echo'),
    );
    expect(heard.map((event) => ('event' in event ? event.event.type : ''))).toEqual([
      ...['xstate.init', 'command.sent', 'result.received'],
    ]);
    expect(JSON.stringify(events)).not.toContain('secret');

    function statesOf(all: readonly StatelyInspectionEvent[], name: string): unknown[] {
      const id = sessionOf(all, name);
      return all.flatMap((event) =>
        event.type === '@xstate.snapshot' && event.sessionId === id
          ? [(event.snapshot as unknown as { value: unknown }).value]
          : [],
      );
    }
  });
});
