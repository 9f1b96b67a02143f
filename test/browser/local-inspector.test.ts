import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalInspector, type LocalInspector } from 'cmd-stream/inspect';
import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { calc } from '../e2e/support/calc.ts';
import { startPrimary } from '../e2e/workers/support.ts';
import { listenOn } from '../support/ports.ts';
import { inBrowser } from './support/chromium.ts';
import { sendUntil, startSender, startServer } from './support/service.ts';

const browser = inBrowser();

async function startInspector(port = 0): Promise<LocalInspector> {
  const inspector = await createLocalInspector({ port });
  browser.onEnd(() => inspector.close());
  return inspector;
}

/** Looks at the page until it is as it should be. */
const soon = <Value>(read: () => Promise<Value>) => expect.poll(read, { interval: 20 });

const tab = (page: Page, name: string) => page.locator('[role=tab]', { hasText: name });
const stateOf = (page: Page, name: string) => tab(page, name).first().locator('.state').textContent();
/** The paths of the states that are lit. */
const lit = (page: Page) =>
  page.locator('#chart .lit').evaluateAll((states) => states.map((state) => state.getAttribute('data-state')));
const sequence = (page: Page) => page.locator('#sequence').textContent();

describe('the local inspector', () => {
  it('shows a client and the circuit breaker on their way through an outage', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await tab(page, 'client 0').click();
    await soon(() => lit(page)).toEqual(['connected', 'connected.steady', 'connected.steady.home']);
    expect(await stateOf(page, 'client 0')).toBe('ready');

    await server.close();
    await soon(() => stateOf(page, 'client 0')).toBe('reconnecting');
    await soon(() => lit(page)).toContain('reconnecting');
    await soon(() => stateOf(page, 'group')).toBe('unavailable');
    await sendUntil(sender, () => sender.circuitBreaker?.state === 'open');
    await soon(() => stateOf(page, 'circuit breaker')).toMatch(/^(half-)?open$/);

    await startServer(browser, undefined, server.port);
    await soon(() => stateOf(page, 'client 0')).toBe('ready');
    await soon(() => lit(page)).toEqual(['connected', 'connected.steady', 'connected.steady.home']);
    await sendUntil(sender, () => sender.circuitBreaker?.state === 'closed');
    await tab(page, 'circuit breaker').click();
    await soon(() => lit(page)).toEqual(['closed']);

    const told = await page.locator('#transitions li').allTextContents();
    for (const part of [
      /client 0 .*connected · steady · home → connecting · inTime.*connection.over/,
      /client 0 .*connecting · inTime → reconnecting · waiting.*connect failed/,
      /client 0 .*dialling.* → connected · steady · home.*connect done/,
      /client 0 · connection 1 .*→ closing.*connection.lost/,
      /client 0 · connection 2 .*keepalive · resting, use · accepting · fresh.*start/,
      /group .*→ unavailable/,
      /circuit breaker .*closed → open.*failureRate.reached/,
      /circuit breaker .*halfOpen → closed.*trial.succeeded/,
    ]) {
      expect(told.map((row) => row.replace(/(\d{2}:\d{2}:\d{2}\.\d{3})/, ''))).toContainEqual(
        expect.stringMatching(new RegExp(part.source.replaceAll(' .*', '.*'))),
      );
    }
  });

  it('shows each connection behind its client, in all that it does side by side', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector, { clients: 1, keepalive: { timeMs: 100 } });
    const page = await browser.open(inspector.url);
    const names = () => page.locator('[role=tab] .name').allTextContents();
    await soon(async () => (await names()).map((name) => name.split(' @')[0]?.replace(/ 127.*/, ''))).toEqual([
      'group',
      'addresses',
      'circuit breaker',
      'client 0',
      'connection 1',
    ]);
    await tab(page, 'connection 1').click();
    await soon(() => page.locator('#chart-title').textContent()).toMatch(/^client 0 · connection 1 @ 127/);
    await soon(() => lit(page)).toEqual([
      'open',
      'open.keepalive',
      'open.keepalive.resting',
      'open.use',
      'open.use.accepting',
      'open.use.accepting.fresh',
    ]);
    expect(await tab(page, 'connection 1').getAttribute('data-tone')).toBe('good');
    const told = () => page.locator('#transitions li').allTextContents();
    await soon(async () => (await told()).join('\n')).toMatch(
      /client 0 · connection 1.*resting → pinging · waiting.*after 'keepaliveTime'/,
    );
    await soon(async () => (await told()).join('\n')).toMatch(/pinging · waiting → resting.*pong.received/);

    const facts = () => page.locator('#chart-facts').textContent();
    const waiting = sender.send(calc.Wait({ ms: 1_000 }));
    await soon(facts).toMatch(/^accepting.* · 1 pending$/);
    await waiting;
    await soon(facts).toMatch(/^accepting.* · 0 pending$/);
  });

  it('shows a connection that waits for its last Results beside the one that takes its place', async () => {
    const inspector = await startInspector();
    // A server that does not hear that a stream is left.
    const server = await startServer(browser, undefined, 0, true);
    const sender = await startSender(browser, server, inspector, { clients: 1 });
    const page = await browser.open(inspector.url);
    await tab(page, 'connection 1').click();
    const waiting = sender.send(calc.Wait({ ms: 2_000 }));
    for await (const _ of sender.sendMulti(calc.Countdown({ from: 1_000 }))) break;
    await soon(() => stateOf(page, 'connection 1')).toBe('retired');
    await soon(() => lit(page)).toContain('open.use.retired');
    expect(await tab(page, 'connection 1').getAttribute('data-tone')).toBe('wait');
    await soon(() => stateOf(page, 'connection 2')).toBe('accepting');
    expect(await page.locator('#chart-facts').textContent()).toBe('retired · 1 pending · 1 abandoned');
    await waiting;
    // What is gone crowds nothing; its client is looked at in its place.
    await soon(() => tab(page, 'connection').count()).toBe(1);
    await soon(() => page.locator('#chart-title').textContent()).toMatch(/^client 0 @ /);
  });

  it('lights the arrow that a transition goes along, for a while', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await soon(() => lit(page)).toEqual(['ready']);
    const justNow = () =>
      page.locator('#chart .arrow.just-now').evaluateAll((arrows) => arrows.map((arrow) => ({ ...arrow.dataset })));
    await tab(page, 'client 1').click();
    await soon(() => lit(page)).toContain('connected.steady');
    await server.close();
    await soon(async () => (await justNow()).map(({ from }) => from)).toContain('connected');
    await startServer(browser, undefined, server.port);
    await soon(() => lit(page)).toContain('connected.steady');
    await soon(justNow).toEqual([]);
  });

  it('shows the sequence of a request: sent, Results, deadline, outcome', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await sender.send(calc.Add({ a: 1, b: 1 }));
    await soon(() => sequence(page)).toMatch(/caller.*sender 1.*client \d.*Add.*seq 1.*Sum, \d+ B, last.*succeeded/);
    await soon(() => sequence(page)).toContain('deadline, not needed');

    await sender.send(calc.Wait({ ms: 300 }), { timeoutMs: 50 }).catch(() => undefined);
    await soon(() => sequence(page)).toMatch(/Wait.*seq \d.*deadline.*timed out/);
    expect(await page.locator('#requests .request').first().textContent()).toMatch(/#2Wait.*timed out/);

    for await (const _ of sender.sendMulti(calc.Countdown({ from: 50 })));
    await soon(() => sequence(page)).toMatch(/Tick.*38 more Results.*Tick, \d+ B, last.*succeeded/);

    await sender.send(calc.Fail({ message: 'no such luck' })).catch(() => undefined);
    await soon(() => sequence(page)).toContain('failed: command-failed');
    expect(await page.content()).not.toContain('no such luck');
  });

  it('shows payloads where they are asked for, as text', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, { observer: inspector, payloads: true });
    const page = await browser.open(inspector.url);
    await sender.send(calc.Echo('<b onclick=x>hello</b>'));
    await soon(() => sequence(page)).toContain('<b onclick=x>');
    expect(await page.locator('#sequence-facts').textContent()).toContain('"<b onclick=x>hello</b>"');
    expect(await page.locator('b').count()).toBe(0);
  });

  it('shows a server with its sessions, and lets go of those that have ended', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser, inspector);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await soon(() => stateOf(page, 'server')).toBe('listening');
    await soon(() => tab(page, 'session 127.0.0.1:').count()).toBe(2);
    await tab(page, 'session 127.0.0.1:').first().click();
    await soon(() => lit(page)).toEqual(['serving', 'serving.greeted']);
    await sender.close();
    await soon(() => tab(page, 'session 127.0.0.1:').count()).toBe(0);
    await server.shutdown();
    await soon(() => stateOf(page, 'server')).toBe('closed');
    await soon(() => page.locator('.system').allTextContents()).toEqual(['server 1, ended', 'sender 1, ended']);
  });

  it('shows workers, the death of one, and their end', async () => {
    const primary = await startPrimary({ workers: 2 }, { INSPECT: 'yes' });
    browser.onEnd(() => primary[Symbol.asyncDispose]());
    const page = await browser.open(await primary.says('url'));
    await soon(() => stateOf(page, 'workers')).toBe('serving');
    await soon(() => page.locator('#chart-facts').textContent()).toContain('2 of 2 workers serve');
    await soon(() => stateOf(page, 'worker-1')).toBe('serving');
    await tab(page, 'worker-1').click();
    await soon(() => lit(page)).toEqual(['alive', 'alive.serving']);
    const facts = () => page.locator('#chart-facts').textContent();
    await soon(facts).toMatch(/^serving · process \d+$/);
    const before = await facts();
    process.kill(Number(/\d+$/.exec(before ?? '')?.[0]), 'SIGKILL');
    const told = async () => (await page.locator('#transitions li').allTextContents()).join('\n');
    await soon(told).toMatch(/worker-1.*alive · serving → waiting.*process.exited/);
    await soon(async () => (await facts()) !== before && /^serving · process/.test((await facts()) ?? '')).toBe(true);
    await primary.act('close');
    await soon(() => stateOf(page, 'workers')).toBe('closed');
    expect(await page.locator('.system').allTextContents()).toEqual(['workers 1, ended']);
  });

  it('can be used by the keyboard alone', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    for (let n = 0; n < 3; n++) await sender.send(calc.Add({ a: n, b: n }));
    const page = await browser.open(inspector.url);
    const title = () => page.locator('#chart-title').textContent();
    const focused = () => page.evaluate('document.activeElement.id || document.activeElement.textContent');
    await soon(title).toBe('group');
    const press = async (...keys: string[]) => {
      for (const key of keys) await page.keyboard.press(key);
    };
    await press('Tab');
    expect(await focused()).toBe('pause');
    await press('Tab', 'Tab', 'Tab');
    expect(await focused()).toBe('overview');
    await press('Tab', 'ArrowDown');
    await soon(title).toBe('addresses');
    expect(await focused()).toMatch(/^addresses/);
    await press('End');
    await soon(title).toMatch(/^client 1 · connection 1 @ /);
    await press('ArrowUp');
    await soon(title).toMatch(/^client 1 @ /);
    await press('ArrowDown');
    await press('ArrowDown');
    await soon(title).toBe('group');
    await press('Tab');
    expect(await focused()).toBe('whole');
    await press('Space', ...Array<string>(9).fill('Tab'));
    expect(await page.locator('#whole').getAttribute('aria-pressed')).toBe('true');
    expect(await focused()).toBe('requests');
    await soon(() => page.locator('#sequence-title').textContent()).toBe('Add #3');
    await press('ArrowDown');
    await soon(() => page.locator('#sequence-title').textContent()).toBe('Add #2');
    expect(await page.locator('#newest').getAttribute('aria-pressed')).toBe('false');
    const active = await page.locator('#requests').getAttribute('aria-activedescendant');
    expect(await page.locator(`[id="${active}"]`).getAttribute('aria-selected')).toBe('true');
    await press('End');
    await soon(() => page.locator('#sequence-title').textContent()).toBe('Add #1');
    await press('Escape');
    await soon(() => page.locator('#sequence-title').textContent()).toBe('Add #3');
  });

  it('stands still while it is paused, and catches up', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await sender.send(calc.Add({ a: 1, b: 1 }));
    const rows = () => page.locator('#requests .request').count();
    await soon(rows).toBe(1);
    await page.locator('#pause').click();
    const told = page.waitForResponse(() => true, { timeout: 600 }).catch(() => undefined);
    for (let n = 0; n < 3; n++) await sender.send(calc.Add({ a: 1, b: 1 }));
    await told;
    expect(await rows()).toBe(1);
    await page.locator('#pause').click();
    await soon(rows).toBe(4);
  });

  it('keeps the last hundred requests in the page, and beside them as many that failed or were slow', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await sender.send(calc.Fail({ message: 'no such luck' })).catch(() => undefined);
    for (let n = 0; n < 250; n++) await sender.send(calc.Add({ a: n, b: n }));
    const rows = page.locator('#requests .request');
    await soon(() => rows.first().textContent()).toContain('#251');
    const count = await rows.count();
    expect(count).toBeGreaterThan(100);
    expect(count).toBeLessThanOrEqual(200);
    await page.check('#failed');
    await soon(() => rows.allTextContents()).toEqual([expect.stringContaining('#1Fail')]);
    const later = await browser.open(inspector.url);
    await soon(() => later.locator('#requests .request').last().textContent()).toContain('#1Fail');
  });

  it('says in the list why a request has failed, and lists what is looked for', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, { observer: inspector, payloads: true });
    const page = await browser.open(inspector.url);
    await sender.send(calc.Fail({ message: '<b>no such luck</b>' })).catch(() => undefined);
    await sender.send(calc.Wait({ ms: 60 }));
    await sender.send(calc.Echo('needle'));
    await sender.send(calc.Add({ a: 1, b: 1 }));
    const listed = () => page.locator('#requests .command').allTextContents();
    await soon(listed).toEqual(['Add', 'Echo', 'Wait', 'Fail']);
    const why = page.locator('#requests .why:visible');
    expect(await why.allTextContents()).toEqual([expect.stringMatching(/^command-failed: .*<b>no such luck<\/b>/)]);

    await page.fill('#search', 'NEEDLE');
    await soon(listed).toEqual(['Echo']);
    expect(await page.locator('#requests-title').textContent()).toBe('Requests, 1 of 4');
    await soon(() => page.locator('#sequence-title').textContent()).toBe('Echo #3');
    await page.fill('#search', 'nothing of the kind');
    await soon(() => page.locator('#no-requests').textContent()).toContain('None of the 4 requests');
    await page.fill('#search', '');
    await page.selectOption('#command', 'Add');
    await soon(listed).toEqual(['Add']);
    await page.selectOption('#command', '');
    await page.fill('#slower', '50');
    await soon(listed).toContain('Wait');
    expect(await listed()).not.toContain('Add');
    await page.fill('#slower', '');
    await page.check('#failed');
    await soon(listed).toEqual(['Fail']);
  });

  it('shows requests without scrolling, and an outage as lanes on one axis with the requests of each second', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector, { clients: 16 });
    const page = await browser.open(inspector.url, { width: 1400, height: 900 });
    const stays = async (lane: number) => {
      const tones = await page
        .locator('#overview .stay')
        .evaluateAll((all) =>
          all.map((stay) => [Number(stay.getAttribute('y')), stay.getAttribute('data-tone')] as const),
        );
      const heights = [...new Set(tones.map(([y]) => y))];
      return tones.filter(([y]) => y === heights[lane]).map(([, tone]) => tone);
    };
    await sendUntil(sender, () => sender.status.ready === 16);
    await server.close();
    await sendUntil(sender, () => sender.circuitBreaker?.state === 'open');
    await startServer(browser, undefined, server.port);
    await sendUntil(sender, () => sender.circuitBreaker?.state === 'closed' && sender.status.ready === 16);
    await soon(() => page.locator('#overview').textContent()).toMatch(/group.*circuit breaker.*client 0.*client 15/);
    await soon(async () => (await stays(0)).join()).toMatch(/good.*bad.*good$/);
    await soon(async () => (await stays(1)).join()).toMatch(/good,bad.*good$/);
    await soon(async () => (await stays(17)).join()).toMatch(/good,wait.*good$/);
    await soon(() => page.locator('#overview .failed').count()).toBeGreaterThan(0);
    await soon(() => page.locator('#overview .p99').first().textContent()).toMatch(/^p99 /);
    const place = await page.locator('#requests .request').first().boundingBox();
    expect((place?.y ?? 900) + (place?.height ?? 0)).toBeLessThan(900);
    await page.click('#all-lanes');
    const hidden =
      'document.getElementById("overview").scrollHeight - document.getElementById("overview").clientHeight';
    await soon(() => page.evaluate<number>(hidden)).toBeLessThanOrEqual(0);
  });

  it('saves what it shows as a file, and shows such a file', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url);
    await sender.send(calc.Add({ a: 1, b: 1 }));
    const rows = () => page.locator('#requests .request').count();
    await soon(rows).toBe(1);
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('#export')]);
    expect(download.suggestedFilename()).toMatch(/^inspection-.*\.json$/);
    const saved = await readFile(await download.path(), 'utf8');
    expect(JSON.parse(saved)).toMatchObject({ format: 'cmd-stream inspection', requests: [{ command: 'Add' }] });

    const other = await browser.open((await startInspector()).url);
    const open = (text: string) =>
      other.setInputFiles('#open', { name: 'saved.json', mimeType: 'application/json', buffer: Buffer.from(text) });
    const status = () => other.locator('#connection').textContent();
    await soon(status).toBe('live');
    const all = JSON.parse(saved);
    const others = [{}, [1], null, { ...all, format: 'other' }, { ...all, requests: [{}] }, { ...all, nowMs: 'now' }];
    for (const text of ['{', ...others.map((one) => JSON.stringify(one))]) {
      await open(text);
      await soon(status).toMatch(/^saved.json cannot be read: /);
      await open(saved);
      await soon(status).toBe('shows saved.json');
    }
    await soon(() => sequence(other)).toMatch(/caller.*Add.*succeeded/);
    await soon(() => other.locator('[role=tab]').count()).toBeGreaterThan(3);
    await other.click('#live');
    await soon(status).toBe('live');
    await soon(() => other.locator('[role=tab]').count()).toBe(0);
  });
});

describe('the page of the local inspector', () => {
  it('looks at a new inspector when the old one has gone', async () => {
    const first = await createLocalInspector();
    const { port } = new URL(first.url);
    const server = await startServer(browser);
    await startSender(browser, server, first);
    const page = await browser.open(first.url);
    const status = () => page.locator('#connection').textContent();
    await soon(status).toBe('live');
    await soon(() => tab(page, 'client').count()).toBe(2);
    browser.tolerate('ERR_CONNECTION_REFUSED');
    await first.close();
    await soon(status).toContain('disconnected');
    const second = await startInspector(Number(port));
    await startSender(browser, server, second, { clients: 3 });
    await soon(status).toBe('live');
    await soon(() => tab(page, 'client').count()).toBe(3);
  });

  it('R3: shows what peers say escaped and cut, and is not thrown out of shape by it', async () => {
    const inspector = await startInspector();
    const server = await startServer(browser);
    const sender = await startSender(browser, server, { observer: inspector, payloads: true });
    const page = await browser.open(inspector.url);
    const hostile = `<img src=x onerror=alert(1)>\x1b[2J\u202egnp.exe\u2066\x9b\r\n${'x'.repeat(1_000_000)}`;
    await sender.send(calc.Echo(hostile));
    await soon(() => sequence(page)).toContain('<img src=x onerror');
    const label = await page.locator('#sequence svg').getAttribute('aria-label');
    expect(label).toContain('\\u001b[2J\\u202egnp.exe\\u2066\\u009b\\r\\n');
    expect(label?.length).toBeLessThan(5_000);
    await sender.send(calc.Fail({ message: hostile })).catch(() => undefined);
    await soon(() => sequence(page)).toContain('command-failed');
    expect(await page.content()).not.toMatch(/[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
    await page.screenshot({ path: join(tmpdir(), 'cmd-stream-inspector', 'hostile.png'), fullPage: true });
  });

  it('V12: gives no seat to a page of another site, in a real browser', async () => {
    const inspector = await startInspector();
    const stranger = createServer((_request, response) => {
      const script = `for (let n = 0; n < 20; n++) {
        const events = new EventSource('${inspector.url}events');
        events.onopen = () => (document.title = 'open');
        events.onerror = () => (document.title ||= 'refused');
      }`;
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<script>${script}</script>`);
    });
    const port = await listenOn(stranger);
    browser.onEnd(() => {
      stranger.closeAllConnections();
      return new Promise((resolve) => stranger.close(resolve));
    });
    for (const origin of [`http://127.0.0.1:${port}`, `http://localhost:${port}`, new URL(inspector.url).origin]) {
      browser.allow(origin);
    }
    browser.tolerate('403');
    browser.tolerate('blocked by CORS policy');
    browser.tolerate('net::ERR_FAILED');
    browser.tolerate('404');
    for (const host of ['127.0.0.1', 'localhost']) {
      const other = await browser.open(`http://${host}:${port}/`);
      await soon(() => other.title()).toBe('refused');
    }
    const page = await browser.open(inspector.url);
    await soon(() => page.locator('#connection').textContent()).toBe('live');
  });

  it.each([
    { name: 'wide, light', width: 1440, height: 900, colours: 'light' as const },
    { name: 'wide, dark', width: 1440, height: 900, colours: 'dark' as const },
    { name: 'narrow, light', width: 390, height: 844, colours: 'light' as const },
    { name: 'narrow, dark', width: 390, height: 844, colours: 'dark' as const },
  ])('fits its window: $name', async ({ name, ...look }) => {
    const inspector = await startInspector();
    const server = await startServer(browser, inspector);
    const sender = await startSender(browser, server, inspector);
    const page = await browser.open(inspector.url, look);
    await tab(page, 'client 0').click();
    for await (const _ of sender.sendMulti(calc.Countdown({ from: 3 })));
    await sender.send(calc.Wait({ ms: 300 }), { timeoutMs: 50 }).catch(() => undefined);
    await soon(() => sequence(page)).toContain('timed out');
    await soon(() => lit(page)).toContain('connected.steady');
    const overflow = await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth');
    expect(overflow).toBeLessThanOrEqual(0);
    const background = await page.evaluate('getComputedStyle(document.body).backgroundColor');
    expect(background).toBe(look.colours === 'dark' ? 'rgb(1, 4, 9)' : 'rgb(246, 248, 250)');
    // To be looked at.
    const path = join(tmpdir(), 'cmd-stream-inspector', `${name.replace(', ', '-')}.png`);
    await page.screenshot({ path, fullPage: true });
    await tab(page, 'connection 1').first().click();
    await soon(() => lit(page)).toContain('open.use.accepting.fresh');
    await page.screenshot({ path: path.replace('.png', '-connection.png'), fullPage: true });
    expect(await page.evaluate<number>('document.documentElement.scrollWidth - innerWidth')).toBeLessThanOrEqual(0);
  });
});
