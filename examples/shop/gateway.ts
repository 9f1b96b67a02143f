// A shop of three services: the gateway speaks HTTP with customers; gateway, orders and inventory speak Commands over mutual TLS.
// Run them, with certificates as mutual-tls.ts wants them:
//   PORT=9001 npx tsx examples/shop/inventory.ts
//   PORT=9002 INVENTORY=localhost:9001 npx tsx examples/shop/orders.ts
//   PORT=8080 ORDERS=localhost:9002 npx tsx examples/shop/gateway.ts
//   curl localhost:8080/orders -d '{"sku":"apple","count":2}'; curl localhost:8080/orders/1
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CmdStreamError, type CommandFailureKind, createSender } from 'cmd-stream';
import { clientTls } from './mutual-tls.ts';
import { orders } from './protocols.ts';

const sender = await createSender(orders, {
  address: process.env.ORDERS ?? 'localhost:9002',
  tls: clientTls('gateway-client'),
  lazy: true,
  timeoutMs: 10_000,
});

const FAILURES: Readonly<Record<CommandFailureKind, number>> = {
  'not-found': 404,
  'permission-denied': 403,
  conflict: 409,
  'rate-limited': 429,
  unavailable: 503,
  failed: 500,
};

/** The HTTP status for what a send has failed by. */
function statusOf(error: CmdStreamError): number {
  if (error.failure !== undefined) return FAILURES[error.failure];
  switch (error.code) {
    case 'command-invalid':
    case 'encode-failed':
      return 400;
    case 'timeout':
      return 504;
    case 'command-failed':
      return 500;
    default:
      // The orders are not there, or too busy.
      return 503;
  }
}

async function answer(request: IncomingMessage): Promise<[status: number, body: unknown]> {
  const { method, url = '' } = request;
  if (method === 'POST' && url === '/orders') {
    let body = '';
    for await (const piece of request.setEncoding('utf8')) body += piece;
    return [201, await sender.send(orders.Place(JSON.parse(body)))];
  }
  const id = /^\/orders\/(\d+)$/.exec(url)?.[1];
  if (method === 'GET' && id !== undefined) return [200, await sender.send(orders.Get({ id: Number(id) }))];
  return [404, { error: 'POST /orders, or GET /orders/1' }];
}

function reply(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

const server = createServer(async (request, response) => {
  try {
    reply(response, ...(await answer(request)));
  } catch (error) {
    if (!CmdStreamError.is(error)) {
      reply(response, error instanceof SyntaxError ? 400 : 500, { error: 'this is no order' });
      return;
    }
    const { message, details, retryAfterMs } = error;
    if (retryAfterMs !== undefined) response.setHeader('retry-after', Math.ceil(retryAfterMs / 1_000));
    reply(response, statusOf(error), { error: message, details });
  }
});
server.listen(Number(process.env.PORT ?? 0), () => {
  console.log(`gateway at http://localhost:${(server.address() as AddressInfo).port}`);
});

process.once('SIGTERM', () => {
  // Answers what it has been asked, takes nothing new, and lets go of the orders then.
  server.close(async () => {
    await sender.drain();
    console.log('gateway is closed');
  });
  server.closeIdleConnections();
});
