// Three services in a row: shop asks stock, stock asks depot. Ctrl-C at the first stops the work at the third.
// Run it: npx tsx examples/chain.ts (and press Ctrl-C; after half a second it does so by itself)
import { setTimeout as sleep } from 'node:timers/promises';
import { CmdStreamError, command, createSender, defineProtocol, result, serve } from 'cmd-stream';

const goods = defineProtocol({
  results: { Count: result<number>() },
  commands: { Find: command<{ item: string }>().returns('Count') },
});

// The third: searches shelf by shelf, for as long as somebody waits.
const depot = await serve(goods, null, {
  async Find({ item }, { signal, metadata }) {
    console.log(`depot: looking for ${item}, for ${metadata.customer}`);
    try {
      for (let shelf = 1; shelf <= 1_000; shelf++) await sleep(10, undefined, { signal });
      return 1;
    } catch (error) {
      console.log(`depot: stopped, ${signal.reason.code}`);
      throw error;
    }
  },
});
const toDepot = await createSender(goods, { address: depot.address, propagate: ['customer'] });

// The second: `within` hands on deadline, cancellation and the customer.
const stock = await serve(goods, null, {
  Find: (order, context) => toDepot.send(goods.Find(order), { within: context }),
});
const toStock = await createSender(goods, { address: stock.address });

// The first: a command line.
const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
setTimeout(() => process.kill(process.pid, 'SIGINT'), 500);
try {
  const count = await toStock.send(goods.Find({ item: 'lamp' }), {
    signal: interrupted.signal,
    metadata: { customer: 'ada' },
  });
  console.log(`shop: ${count} found`);
} catch (error) {
  console.log(`shop: ${CmdStreamError.is(error) ? error.code : error}`);
}

await sleep(100); // the news takes a moment
await Promise.all([toStock.close(), toDepot.close()]);
await Promise.all([stock.close(), depot.close()]);
