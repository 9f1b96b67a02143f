// Hooks watch every send: here they measure it, and refuse what is not allowed. One object for each send.
// Run it: npx tsx examples/hooks.ts
import {
  CmdStreamError,
  type Command,
  composeHooks,
  createSender,
  type Hooks,
  type ReceivedResult,
  type SentCommand,
  serve,
} from 'cmd-stream';
import { Calculator, calc, handlers } from './calc.ts';

/** Reports how each Command ended. */
class Measure implements Hooks {
  #name = '';

  beforeSend(command: Command): void {
    this.#name = command.name;
  }
  onResult(sent: SentCommand, result: ReceivedResult): void {
    const last = result.last ? ', the last one' : '';
    console.log(`${this.#name}: ${sent.size} bytes sent; Result ${result.seq} of ${result.size} bytes${last}`);
  }
  onError(_sent: SentCommand, error: CmdStreamError): void {
    console.log(`${this.#name}: ${error.code}`);
  }
  onTimeout(): void {
    console.log(`${this.#name}: timeout`);
  }
  onCancel(): void {
    console.log(`${this.#name}: cancelled`);
  }
}

/** Lets no Command pass whose sum would be negative. */
const onlyPositive = (): Hooks => ({
  beforeSend(command) {
    const { a = 0, b = 0 } = command.payload as { a?: number; b?: number };
    if (a + b < 0) throw new Error('a negative sum');
  },
});

await using server = await serve(calc, new Calculator(), handlers);
await using sender = await createSender(calc, {
  address: server.address,
  hooks: composeHooks(() => new Measure(), onlyPositive),
});

await sender.send(calc.Add({ a: 2, b: 3 }));
await sender.sendMulti(calc.Countdown({ from: 2 }), () => undefined);
try {
  await sender.send(calc.Add({ a: -2, b: 1 }));
} catch (error) {
  console.log(error instanceof CmdStreamError ? error.message : error);
}
