// Many Results for one Command: yielded by a generator, or sent by the proxy; taken by a loop, a handler, or in part.
// Run it: npx tsx examples/streaming.ts
import { setTimeout as delay } from 'node:timers/promises';
import { CmdStreamError, command, createSender, defineProtocol, result, serve } from 'cmd-stream';

const prices = defineProtocol({
  results: { Price: result<{ symbol: string; price: number; last: boolean }>({ lastOne: ({ last }) => last }) },
  commands: {
    History: command<{ symbol: string; days: number }>().returns('Price'),
    Follow: command<{ symbol: string }>().returns('Price'),
  },
});

await using server = await serve(prices, undefined, {
  // A generator is advanced only as fast as the client's connection takes the Results.
  *History({ symbol, days }) {
    for (let day = 1; day <= days; day++) yield { symbol, price: 100 + day, last: day === days };
  },
  // The proxy sends whenever there is something, and is what the handler gives; the signal fires when the client is gone.
  async Follow({ symbol }, { proxy, signal }) {
    for (let price = 100; !signal.aborted && !proxy.closed; price++) {
      await proxy.send({ symbol, price, last: false });
      await delay(10);
    }
    return proxy;
  },
});
await using sender = await createSender(prices, { address: server.address });

let highest = 0;
for await (const { price } of sender.sendMulti(prices.History({ symbol: 'ACME', days: 1_000 }))) {
  highest = Math.max(highest, price);
}
console.log('the highest of 1,000 days:', highest);

await sender.sendMulti(prices.History({ symbol: 'ACME', days: 3 }), ({ price }) => console.log('handler:', price));

// A stream without an end: take five, or leave the loop whenever you like. Both let go of the request at the client; the
// server, which the protocol cannot tell, goes on until the client is gone.
for await (const { price } of sender.sendMulti(prices.Follow({ symbol: 'ACME' }), { resultsCount: 5 })) {
  console.log('follow:', price);
}

// Or until a deadline: what came before it is delivered, then the error is thrown.
let seen = 0;
try {
  for await (const _ of sender.sendMultiWithDeadline(prices.Follow({ symbol: 'ACME' }), Date.now() + 100)) seen++;
} catch (error) {
  console.log(`after ${seen > 0 ? 'some' : 'no'} prices:`, error instanceof CmdStreamError ? error.code : error);
}
