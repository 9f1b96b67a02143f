// The orders: a server to the gateway, a client of the inventory. Run it: see gateway.ts.
import { CmdStreamError, CommandFailure, createSender, type Sender, serve } from 'cmd-stream';
import { clientTls, only, serverTls } from './mutual-tls.ts';
import { inventory, type Order, orders } from './protocols.ts';

/** What the handlers work on. */
class Book {
  readonly #inventory: Sender<typeof inventory>;
  readonly #orders: Order[] = [];

  constructor(sender: Sender<typeof inventory>) {
    this.#inventory = sender;
  }

  async place(sku: string, count: number): Promise<Order> {
    try {
      await this.#inventory.send(inventory.Take({ sku, count }), { timeoutMs: 5_000 });
    } catch (error) {
      throw meant(error);
    }
    const order = { id: this.#orders.length + 1, sku, count };
    this.#orders.push(order);
    return order;
  }

  get(id: number): Order {
    const order = this.#orders[id - 1];
    if (order === undefined)
      throw new CommandFailure('not-found', `there is no order ${id}`, { mayHaveExecuted: false });
    return order;
  }
}

/** What a failure of the inventory means to whoever has placed an order. */
function meant(error: unknown): unknown {
  if (!CmdStreamError.is(error)) return error;
  const { failure, message, details, mayHaveExecuted } = error;
  if (failure === 'not-found' || failure === 'conflict') {
    return new CommandFailure(failure, message, { details, mayHaveExecuted });
  }
  return new CommandFailure('unavailable', 'the inventory does not answer', {
    cause: error,
    retryAfterMs: 1_000,
    mayHaveExecuted,
  });
}

const sender = await createSender(inventory, {
  address: process.env.INVENTORY ?? 'localhost:9001',
  tls: clientTls('orders-client'),
  // It may start after this one, and be gone for a while.
  lazy: true,
});
const server = await serve(
  orders,
  new Book(sender),
  {
    Place: ({ sku, count }, { receiver }) => receiver.place(sku, count),
    Get: ({ id }, { receiver }) => receiver.get(id),
  },
  {
    port: Number(process.env.PORT ?? 0),
    tls: serverTls('orders-server'),
    authorize: only('gateway'),
    onAcceptError: (error) => console.log(`orders: ${error.code}`),
  },
);
console.log(`orders at ${server.address}`);

process.once('SIGTERM', async () => {
  // First those who ask, then those who are asked: what is in flight still needs the inventory.
  await server.shutdown();
  await sender.drain();
  console.log('orders are closed');
});
