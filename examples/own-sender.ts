// A sender of one's own on the group: it asks every client and takes the first answer ("hedging").
// Run it: npx tsx examples/own-sender.ts
import { type ClientGroup, type Command, createSender, type GroupTicket, serve } from 'cmd-stream';
import { Calculator, calc, handlers } from './calc.ts';

/** Sends a Command `copies` times and resolves with whatever comes first; only for Commands that may run twice. */
function sendHedged(group: ClientGroup, command: Command, copies: number, deadline: number): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const tickets: GroupTicket[] = [];
    let failures = 0;
    for (let copy = 0; copy < copies; copy++) {
      const ticket = group.sendWithDeadline(command, deadline, {
        result({ value }) {
          resolve(value);
          for (const other of tickets) group.forget(other.seq, other.clientId);
        },
        failed(error) {
          if (++failures === copies) reject(error);
        },
      });
      tickets.push(ticket);
    }
  });
}

await using server = await serve(calc, new Calculator(), handlers);
await using sender = await createSender(calc, { address: server.address, clients: 3 });

console.log('group of', sender.group.size);
console.log('2 + 3 =', await sendHedged(sender.group, calc.Add({ a: 2, b: 3 }), 3, Date.now() + 1_000));
