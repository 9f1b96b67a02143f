import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSender } from 'cmd-stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inventory } from '../../../examples/shop/protocols.ts';
import { ROOT } from '../../support/compiled.ts';
import { program } from '../../support/program.ts';
import { type Running, start } from '../../support/run.ts';
import { failureOf } from '../client/stage.ts';
import { type Certificates, type Identity, makeCertificates, makeIdentity } from '../support/certificates.ts';

const folder = mkdtempSync(join(tmpdir(), 'cmd-stream-shop-'));
let certificates: Certificates;
let gatewayIdentity: Identity;

beforeAll(async () => {
  certificates = await makeCertificates();
  const client = (name: string) => makeIdentity(certificates, { name, usage: 'clientAuth' });
  gatewayIdentity = await client('gateway');
  const all: Record<string, Identity> = {
    'inventory-server': await makeIdentity(certificates, {}),
    'orders-server': await makeIdentity(certificates, {}),
    'orders-client': await client('orders'),
    'gateway-client': gatewayIdentity,
  };
  await writeFile(join(folder, 'ca.pem'), certificates.ca);
  for (const [name, { cert, key }] of Object.entries(all)) {
    await writeFile(join(folder, `${name}.cert.pem`), cert);
    await writeFile(join(folder, `${name}.key.pem`), key);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** One service, as a process. */
async function service(name: string, env: Record<string, string>) {
  const running = start(process.execPath, [program(new URL(`../../../examples/shop/${name}.ts`, import.meta.url))], {
    cwd: ROOT,
    env: { CERTIFICATES: folder, PORT: '0', ...env },
    timeoutMs: 110_000,
  });
  const address = (await running.says(/ at (\S+)\n/))[1] ?? '';
  return { running, address };
}

/** All three. */
async function shop(env: Record<string, string> = {}) {
  const stock = await service('inventory', env);
  const orders = await service('orders', { ...env, INVENTORY: stock.address });
  const gateway = await service('gateway', { ...env, ORDERS: orders.address });
  const place = (body: unknown) =>
    fetch(`${gateway.address}/orders`, {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  const all: Running[] = [gateway.running, orders.running, stock.running];
  return {
    stock,
    orders,
    place,
    get: (id: string) => fetch(`${gateway.address}/orders/${id}`),
    /** SIGTERM to each at once. */
    stop: () => Promise.all(all.map((running) => running.stop('SIGTERM'))),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map((running) => running.stop('SIGKILL')));
    },
  };
}

describe('the shop', { timeout: 120_000 }, () => {
  it('answers over HTTP, failures by their status, and lets nobody in who may not ask', async () => {
    await using own = await shop();
    const placed = await own.place({ sku: 'apple', count: 2 });
    expect([placed.status, await placed.json()]).toEqual([201, { id: 1, sku: 'apple', count: 2 }]);
    const found = await own.get('1');
    expect([found.status, await found.json()]).toEqual([200, { id: 1, sku: 'apple', count: 2 }]);
    const statuses: Record<string, Response> = {
      'no such order': await own.get('9'),
      'no such thing': await own.place({ sku: 'stone', count: 1 }),
      'too many': await own.place({ sku: 'pear', count: 2 }),
      'refused by the schema': await own.place({ sku: 'pear', count: -1 }),
      'no JSON': await own.place('{'),
      'no such path': await own.get('x'),
    };
    expect(Object.entries(statuses).map(([what, { status }]) => [what, status])).toEqual([
      ['no such order', 404],
      ['no such thing', 404],
      ['too many', 409],
      ['refused by the schema', 400],
      ['no JSON', 400],
      ['no such path', 404],
    ]);
    expect(await statuses['too many']?.json()).toEqual({
      error: expect.stringContaining('1 of pear'),
      details: { there: 1 },
    });

    // The gateway has a certificate of the same authority, and is not the one whom the inventory answers.
    const tls = { ca: certificates.ca, ...gatewayIdentity };
    const error = await failureOf(createSender(inventory, { address: own.stock.address, tls, reconnect: false }));
    expect(error.code).toBe('unavailable');
    await own.stock.running.says(/^inventory: refused$/m);

    // Without the inventory an order fails, and the customer is told when to try again.
    await own.stock.running.stop('SIGKILL');
    const failed = await own.place({ sku: 'apple', count: 1 });
    expect([failed.status, failed.headers.get('retry-after')]).toEqual([503, '1']);
  });

  it('finishes what it was asked when all of it is stopped by SIGTERM', async () => {
    await using own = await shop({ PICKING_MS: '1500' });
    const place = own.place({ sku: 'apple', count: 1 });
    // It is under way once the inventory has one apple less.
    const left = async () => {
      const answer = (await (await own.place({ sku: 'apple', count: 11 })).json()) as { details: { there: number } };
      return answer.details.there;
    };
    await expect.poll(left, { timeout: 30_000 }).toBe(9);
    const stopped = own.stop();
    expect((await place).status).toBe(201);
    const ends = (await stopped).map(({ code, stdout, stderr }) => ({ code, stderr, last: stdout.split('\n').at(-2) }));
    expect(ends).toEqual([
      { code: 0, stderr: '', last: 'gateway is closed' },
      { code: 0, stderr: '', last: 'orders are closed' },
      { code: 0, stderr: '', last: 'inventory is closed' },
    ]);
  });
});
