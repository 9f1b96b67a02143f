// The inventory: what is there, in memory. Run it: see gateway.ts.
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure, serve } from 'cmd-stream';
import { only, serverTls } from './mutual-tls.ts';
import { inventory } from './protocols.ts';

const PICKING_MS = Number(process.env.PICKING_MS ?? 20);

const stock = new Map([
  ['apple', 10],
  ['pear', 1],
]);

const server = await serve(
  inventory,
  stock,
  {
    async Take({ sku, count }, { receiver }) {
      const there = receiver.get(sku);
      if (there === undefined) throw new CommandFailure('not-found', `there is no ${sku}`, { mayHaveExecuted: false });
      if (there < count) {
        throw new CommandFailure('conflict', `${there} of ${sku} are left`, {
          details: { there },
          mayHaveExecuted: false,
        });
      }
      receiver.set(sku, there - count);
      await sleep(PICKING_MS);
      return there - count;
    },
  },
  {
    port: Number(process.env.PORT ?? 0),
    tls: serverTls('inventory-server'),
    authorize: only('orders'),
    onAcceptError: (error) => console.log(`inventory: ${error.code}`),
  },
);
console.log(`inventory at ${server.address}`);

process.once('SIGTERM', () => {
  // Takes no more connections, and lets what is in flight come to its end.
  void server.shutdown().then(() => console.log('inventory is closed'));
});
