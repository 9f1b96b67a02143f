// A server and a sender: one Result, a deadline, a stream.
// Run it: npx tsx examples/quick-start.ts
import { createSender, serve } from 'cmd-stream';
import { Calculator, calc, handlers } from './calc.ts';

await using server = await serve(calc, new Calculator(), handlers);
await using sender = await createSender(calc, { address: server.address, clients: 4 });

console.log('2 + 3 =', await sender.send(calc.Add({ a: 2, b: 3 })));
console.log('4 + 5 =', await sender.sendWithDeadline(calc.Add({ a: 4, b: 5 }), Date.now() + 500));
for await (const { n } of sender.sendMulti(calc.Countdown({ from: 3 }))) console.log(n);
