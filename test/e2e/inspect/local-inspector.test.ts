import { once } from 'node:events';
import { request } from 'node:http';
import { CmdStreamError } from 'cmd-stream';
import { createLocalInspector, type LocalInspectorOptions } from 'cmd-stream/inspect';
import { describe, expect, it } from 'vitest';
import { MACHINES } from '../../../src/inspect/local/machines.ts';
import { KEPT, type ShownAll } from '../../../src/inspect/local/shown.ts';
import { failureOf, onePlusOne, stage } from '../client/stage.ts';
import { answers } from '../sender/support.ts';

const { peer, sender, onEnd } = stage();

async function inspector(options?: LocalInspectorOptions) {
  const made = await createLocalInspector(options);
  onEnd(() => made.close());
  return made;
}

/** Asks a server of this machine; `fetch` sets the header Host by itself. */
async function ask(
  url: string,
  path: string,
  options: { method?: string; host?: string; [header: string]: string } = {},
) {
  const { method = 'GET', ...others } = options;
  const { port } = new URL(url);
  const headers = { connection: 'close', ...others };
  const asked = request({ port, host: '127.0.0.1', path, method, headers }).end();
  const [response] = await once(asked, 'response');
  let body = '';
  response.setEncoding('utf8').on('data', (text: string) => {
    body += text;
  });
  await once(response, 'end');
  return { status: response.statusCode as number, headers: response.headers, body };
}

/** The first message of the event stream. */
async function everything(url: string): Promise<ShownAll> {
  const leaving = new AbortController();
  const response = await fetch(`${url}events`, { signal: leaving.signal });
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk).toString();
    if (/\n\n[\s\S]*\n\n/.test(text)) break;
  }
  leaving.abort();
  return JSON.parse(/^event: all\ndata: (.*)$/m.exec(text)?.[1] ?? '{}');
}

describe('a local inspector', () => {
  it('calls senders and servers by the names that they were given', async () => {
    const local = await inspector();
    const server = await peer(answers);
    const named = { address: server.address, inspect: local, name: 'check out' };
    for (const options of [named, named, { address: server.address, inspect: local }]) await sender(options);
    const { systems } = await everything(local.url);
    expect(systems.map(({ name }) => name)).toEqual(['sender check out', 'sender check out (2)', 'sender 1']);
  });

  it('tells a page what has been there before it came', async () => {
    const local = await inspector();
    const server = await peer(answers);
    const client = await sender({ address: server.address, clients: 2, circuitBreaker: {}, inspect: local });
    await client.send(onePlusOne);
    const { systems, actors, requests, transitions, machines, kept } = await everything(local.url);
    expect(systems.map(({ name, isServer }) => [name, isServer])).toEqual([['sender 1', false]]);
    expect([machines, kept]).toEqual([MACHINES, KEPT]);
    expect(actors.map(({ name, states }) => [name, states.join()])).toEqual([
      ['circuit breaker', 'closed'],
      ['addresses', 'fixed'],
      ['group', 'ready'],
      [`client 0 @ ${server.address}`, 'connected.steady.home'],
      [`client 1 @ ${server.address}`, 'connected.steady.home'],
      [`connection 1 @ ${server.address}`, 'open.keepalive.resting,open.use.accepting.fresh'],
      [`connection 1 @ ${server.address}`, 'open.keepalive.resting,open.use.accepting.fresh'],
    ]);
    expect(requests).toMatchObject([{ number: 1, command: 'Add', outcome: 'succeeded', results: 1 }]);
    expect(requests[0]?.steps.map(({ kind }) => kind)).toEqual(['queued', 'sent', 'result', 'succeeded']);
    expect(transitions.map(({ name, to }) => `${name}: ${to}`)).toContain('group: ready');
  });

  it('keeps a bounded amount of what it has seen', async () => {
    const local = await inspector();
    const server = await peer(answers);
    for (let n = 0; n < 30; n++) {
      const client = await sender({ address: server.address, clients: 3, inspect: local });
      for (let sent = 0; sent < 10; sent++) await client.send(onePlusOne);
      await client.close();
    }
    const { systems, actors, requests, transitions } = await everything(local.url);
    // Beside the newest there may be slow ones.
    expect(requests.length).toBeGreaterThanOrEqual(KEPT.requests);
    expect(requests.length).toBeLessThanOrEqual(KEPT.requests + KEPT.notable);
    expect(requests.at(-1)?.number).toBe(10);
    expect(transitions).toHaveLength(200);
    expect(actors).toHaveLength(8);
    expect(systems.length).toBeLessThanOrEqual(3);
    expect(systems.at(-1)?.name).toBe('sender 30');
  });

  it('serves its page, which may use nothing else, and nothing but it', async () => {
    const { url } = await inspector();
    const page = await ask(url, '/');
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(page.headers['content-security-policy']).toMatch(
      /^default-src 'none'; script-src 'self'; style-src 'self';/,
    );
    const linked = [...page.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = '']) => path);
    expect(linked).toEqual(expect.arrayContaining(['/main.js', '/page.css', '/charts.css']));
    for (const path of [...linked, '/charts/client.svg', '/charts/connection.svg'])
      expect((await ask(url, path)).status).toBe(200);
    expect((await ask(url, '/charts/client.svg')).body).not.toContain('<style');
    expect((await ask(url, '/charts.css')).body).toContain('.statechart');
    for (const path of [
      '/x',
      '/tsconfig.json',
      '/../package.json',
      '/charts/../main.js',
      '//',
      '/%2e%2e/package.json',
    ]) {
      expect((await ask(url, path)).status).toBe(404);
    }
    expect((await ask(url, '/', { method: 'POST' })).status).toBe(405);
  });

  it('answers to its own name only: another site whose name leads here sees nothing', async () => {
    const { url } = await inspector();
    const { port } = new URL(url);
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect((await ask(url, '/', { host })).status).toBe(200);
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', 'localhost', 'localhost:1']) {
      expect((await ask(url, '/events', { host })).status).toBe(403);
    }
  });

  it('V12: gives no seat, and nothing else, to the page of another site', async () => {
    const { url } = await inspector();
    const { port } = new URL(url);
    const others: Record<string, string>[] = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { origin: 'http://localhost:3000' },
      { origin: `https://127.0.0.1:${port}` },
      { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of others) {
      for (const path of ['/events', '/', '/main.js']) expect((await ask(url, path, headers)).status).toBe(403);
    }
    const own: Record<string, string>[] = [
      {},
      { 'sec-fetch-site': 'same-origin' },
      { 'sec-fetch-site': 'none' },
      { origin: `http://127.0.0.1:${port}`, 'sec-fetch-site': 'same-origin' },
    ];
    for (const headers of own) expect((await ask(url, '/', headers)).status).toBe(200);
    // All seats are free still.
    const leaving = new AbortController();
    const { signal } = leaving;
    const pages = await Promise.all(Array.from({ length: 16 }, () => fetch(`${url}events`, { signal })));
    expect(pages.every(({ status }) => status === 200)).toBe(true);
    leaving.abort();
  });

  it('has room for so many pages and no more', async () => {
    const { url } = await inspector();
    const leaving = new AbortController();
    const { signal } = leaving;
    const pages = await Promise.all(Array.from({ length: 17 }, () => fetch(`${url}events`, { signal })));
    expect(pages.map(({ status }) => status).sort()).toEqual([...Array.from({ length: 16 }, () => 200), 503]);
    leaving.abort();
  });

  it('closes any number of times, with pages looking on or not; senders go on', async () => {
    const local = await createLocalInspector();
    const server = await peer(answers);
    const client = await sender({ address: server.address, inspect: local });
    const page = await fetch(`${local.url}events`);
    await Promise.all([local.close(), local.close()]);
    await local.close();
    expect(await page.text()).toContain('event: all');
    expect(await client.send(onePlusOne)).toBe(2);
    await expect(fetch(local.url)).rejects.toThrow();
  });

  it('is disposed of at the end of its block', async () => {
    let url = '';
    {
      await using local = await createLocalInspector();
      ({ url } = local);
      expect((await fetch(url, { headers: { connection: 'close' } })).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toThrow();
  });

  it.each([
    [{ port: -1 }, "option 'port' must be a whole number from 0 to 65535; got -1"],
    [{ port: '7000' }, 'option \'port\' must be a whole number from 0 to 65535; got "7000"'],
    [{ host: '0.0.0.0' }, "createLocalInspector() has no option 'host'; it accepts 'port'"],
    [null, 'the options of createLocalInspector() must be an object; got null'],
  ])('refuses %j', async (options, message) => {
    const error = await failureOf(createLocalInspector(options as LocalInspectorOptions));
    expect(error).toMatchObject({ code: 'invalid-argument', message });
  });

  it('says so where its port is taken', async () => {
    const { url } = await inspector();
    const error = await failureOf(createLocalInspector({ port: Number(new URL(url).port) }));
    expect(error).toBeInstanceOf(CmdStreamError);
    expect(error).toMatchObject({ code: 'listen-failed', message: expect.stringContaining('EADDRINUSE') });
  });
});
