import { setTimeout as delay } from 'node:timers/promises';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { CmdStreamError, createSender, type Sender, serve } from '../index.ts';
import { Calculator, calc, handlers } from './calc.ts';
import { codecNamed } from './codec-option.ts';
import { Narrator } from './narrator.ts';
import { demoByNats } from './nats-demo.ts';
import { refuseBesideNats } from './nats-options.ts';
import { Scoreboard } from './scoreboard.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments } from './usage-error.ts';

const CLIENTS = 4;
const MANY = 10_000;
const OPEN_DURATION_MS = 1_000;

/** `cmd-stream demo`: Commands through a client group to a server and back, through an outage and out of it again. */
export async function demo(args: string[], out: Terminal): Promise<number> {
  const { values } = parseArguments({
    args,
    options: {
      address: { type: 'string' },
      codec: { type: 'string' },
      nats: { type: 'boolean', default: false },
    },
  });
  if (values.nats) {
    refuseBesideNats(values, ['address', 'codec']);
    return await demoByNats(out);
  }
  const codec = codecNamed(values.codec ?? 'msgpack');
  const scores = new Scoreboard(out);
  const startServer = (port: number) => serve(calc, new Calculator(), handlers, { port, codec });
  const connect = async (address: string) => {
    out.line(out.paint('bold', `A sender with ${CLIENTS} clients for ${address} (${codec.name})`));
    return await createSender(calc, {
      address,
      codec,
      clients: CLIENTS,
      reconnect: { initialMs: 200, maxMs: 1_000 },
      circuitBreaker: { windowSize: 10, failureRate: 0.5, openDurationMs: OPEN_DURATION_MS, successThreshold: 2 },
      onStatus: new Narrator(out).tell,
    });
  };

  if (values.address === undefined) {
    await using server = await startServer(0);
    await using sender = await connect(server.address);
    await allReady(sender);
    await sendSome(sender, out, scores);
    out.heading('The server stops');
    await server.close();
    await outage(sender, out, scores);
    out.heading('The server returns');
    await using successor = await startServer(server.port);
    await recovery(sender, scores);
    await drain(sender, out);
    await successor.shutdown();
  } else {
    const { address } = values;
    await using sender = await connect(address).catch((error: unknown) => {
      const isOther = CmdStreamError.is(error) && error.code === 'server-info-mismatch';
      throw isOther ? noDemoServer(address, codec.name, error) : error;
    });
    await allReady(sender);
    await requireDemoServer(sender, address, codec.name);
    await sendSome(sender, out, scores);
    await drain(sender, out);
  }
  return scores.summary();
}

/** A sender is there once one client is connected; what follows reads better when all are. */
export async function allReady(sender: Sender<typeof calc>): Promise<void> {
  const startedMs = performance.now();
  while (sender.status.state !== 'ready' && performance.now() - startedMs < 2_000) await delay(5);
}

/** The last Command of the demo's protocol is the one that a server of another protocol knows least. @throws Error */
async function requireDemoServer(sender: Sender<typeof calc>, address: string, codec: string): Promise<void> {
  try {
    await sender.send(calc.AddLater({ a: 0, b: 0, afterMs: 0 }), { timeoutMs: 5_000 });
  } catch (error) {
    throw noDemoServer(address, codec, error);
  }
}

function noDemoServer(address: string, codec: string, error: unknown): Error {
  const how = `'cmd-stream serve --codec ${codec}' starts a server that does`;
  return new Error(`${address} does not speak the demo's protocol in ${codec}: ${describeError(error)}; ${how}`);
}

async function sendSome(sender: Sender<typeof calc>, out: Terminal, scores: Scoreboard): Promise<void> {
  out.heading('Commands and their Results');
  scores.expect('Add { a: 2, b: 3 }', await sender.send(calc.Add({ a: 2, b: 3 })), 5);
  const inTime = await sender.sendWithDeadline(calc.AddLater({ a: 40, b: 2, afterMs: 20 }), Date.now() + 1_000);
  scores.expect('AddLater { a: 40, b: 2, afterMs: 20 }, deadline in 1 s', inTime, 42);
  const tooLate = sender.send(calc.AddLater({ a: 40, b: 2, afterMs: 1_000 }), { timeoutMs: 100 });
  scores.expect('AddLater { a: 40, b: 2, afterMs: 1000 }, deadline in 100 ms', await outcome(tooLate), 'timeout');
  const ticks: number[] = [];
  for await (const { n } of sender.sendMulti(calc.Countdown({ from: 5 }))) ticks.push(n);
  scores.expect('Countdown { from: 5 }, a stream', ticks.join(' '), '5 4 3 2 1');

  const startedMs = performance.now();
  const sums = await Promise.all(Array.from({ length: MANY }, (_, a) => sender.send(calc.Add({ a, b: 1 }))));
  const tookMs = performance.now() - startedMs;
  const right = sums.filter((sum, a) => sum === a + 1).length;
  scores.expect(`${grouped(MANY)} at once: right answers in ${tookMs.toFixed(0)} ms`, grouped(right), grouped(MANY));
  out.line(`  that is ${grouped((MANY / tookMs) * 1_000)} a second`);
}

/** Sends until the breaker has opened, then once more to see that it answers at once. */
async function outage(sender: Sender<typeof calc>, out: Terminal, scores: Scoreboard): Promise<void> {
  const failures = new Map<string, number>();
  for (let sent = 0; sent < 100 && sender.circuitBreaker?.state === 'closed'; sent++) {
    const code = await outcome(sender.send(calc.Add({ a: 1, b: 1 })));
    failures.set(code, (failures.get(code) ?? 0) + 1);
    await delay(20);
  }
  out.line(`  failed sends: ${[...failures].map(([code, count]) => `${count} ${code}`).join(', ')}`);
  scores.expect('the circuit breaker', sender.circuitBreaker?.state, 'open');
  const startedMs = performance.now();
  const refused = await outcome(sender.send(calc.Add({ a: 1, b: 1 })));
  scores.expect(`a send now fails in ${(performance.now() - startedMs).toFixed(1)} ms with`, refused, 'circuit-open');
  await delay(0.7 * OPEN_DURATION_MS);
  scores.expect('the group', sender.status.state, 'unavailable');
}

/** Sends at an easy pace until service has resumed. */
async function recovery(sender: Sender<typeof calc>, scores: Scoreboard): Promise<void> {
  const startedMs = performance.now();
  const isWell = () => sender.circuitBreaker?.state === 'closed' && sender.status.state === 'ready';
  while (!isWell() && performance.now() - startedMs < 5_000) {
    // The breaker refuses at first; then a trial that waits for a client finds the server well again.
    await outcome(sender.send(calc.Add({ a: 1, b: 1 }), { waitForReady: true }));
    await delay(20);
  }
  scores.expect('the circuit breaker', sender.circuitBreaker?.state, 'closed');
  scores.expect('the group', sender.status.state, 'ready');
  scores.expect('Add { a: 2, b: 3 }', await sender.send(calc.Add({ a: 2, b: 3 })), 5);
}

async function drain(sender: Sender<typeof calc>, out: Terminal): Promise<void> {
  out.heading('The sender closes once every Result is in');
  await sender.drain();
}

/** How a send ended: `Result`, or the code of its error. */
export async function outcome(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return 'Result';
  } catch (error) {
    return CmdStreamError.is(error) ? error.code : String(error);
  }
}

/** A whole number as people write it: 10,000. */
function grouped(count: number): string {
  return Math.round(count).toLocaleString('en');
}
