import { setTimeout as delay } from 'node:timers/promises';
import { CmdStreamError, createSender, type Sender, type Server, type StatusEvent, serve } from '../index.ts';
import { Calculator, calc, handlers } from './calc.ts';
import { codecNamed } from './codec-option.ts';
import { Scoreboard } from './scoreboard.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments } from './usage-error.ts';

const MANY = 10_000;

/** `cmd-stream demo`: Commands through a client group to a server and back, through an outage and out of it again. */
export async function demo(args: string[], out: Terminal): Promise<number> {
  const { values } = parseArguments({
    args,
    options: { address: { type: 'string' }, codec: { type: 'string', default: 'msgpack' } },
  });
  const codec = codecNamed(values.codec);
  const scores = new Scoreboard(out);
  const startServer = (port: number) => serve(calc, new Calculator(), handlers, { port, codec });

  let server: Server | undefined;
  if (values.address === undefined) {
    server = await startServer(0);
    out.line(`server listening on ${server.address}`);
  }
  const address = values.address ?? (server as Server).address;
  const sender = await createSender(calc, {
    address,
    codec,
    clients: 4,
    reconnect: { initialMs: 50, maxMs: 400 },
    keepalive: { timeMs: 500, timeoutMs: 500 },
    circuitBreaker: { windowSize: 10, failureRate: 0.5, openDurationMs: 800, successThreshold: 2 },
    onStatus: (event) => out.line(out.paint('dim', `  ${describeStatus(event)}`)),
  });
  try {
    out.line(
      `sender ready: ${sender.status.ready} of ${sender.status.size} clients connected to ${address} (${codec.name})`,
    );
    await sendSome(sender, out, scores);
    if (server !== undefined) {
      const { port } = server;
      out.heading('The server stops');
      await server.close();
      await outage(sender, out, scores);
      out.heading('The server returns');
      server = await startServer(port);
      await recovery(sender, scores);
    }
  } finally {
    await sender.drain();
    await server?.shutdown();
  }
  return scores.summary();
}

async function sendSome(sender: Sender<typeof calc>, out: Terminal, scores: Scoreboard): Promise<void> {
  out.heading('Single Results');
  scores.expect('Add { a: 2, b: 3 }', await sender.send(calc.Add({ a: 2, b: 3 })), 5);
  scores.expect('Add { a: 40, b: 2 }', await sender.send(calc.Add({ a: 40, b: 2 })), 42);

  out.heading('Deadlines');
  const inTime = await outcome(sender.sendWithDeadline(calc.Delay({ ms: 20 }), Date.now() + 1_000));
  scores.expect('Delay { ms: 20 } with a deadline in 1 s', inTime, 'Result');
  scores.expect(
    'Delay { ms: 1000 } with 100 ms',
    await outcome(sender.send(calc.Delay({ ms: 1_000 }), { timeoutMs: 100 })),
    'timeout',
  );

  out.heading('Streams');
  const ticks: number[] = [];
  for await (const { n } of sender.sendMulti(calc.Countdown({ from: 5 }))) ticks.push(n);
  scores.expect('Countdown { from: 5 }', ticks.join(' '), '5 4 3 2 1');

  out.heading(`${MANY.toLocaleString('en')} Commands at once`);
  const startedMs = performance.now();
  const sums = await Promise.all(Array.from({ length: MANY }, (_, a) => sender.send(calc.Add({ a, b: 1 }))));
  const tookMs = performance.now() - startedMs;
  const right = sums.filter((sum, a) => sum === a + 1).length;
  scores.expect(`right answers in ${tookMs.toFixed(0)} ms, ${perSecond(MANY, tookMs)} a second`, right, MANY);
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
  await delay(1_200);
  scores.expect('the group', sender.status.state, 'unavailable');
}

/** Sends at an easy pace until service has resumed. */
async function recovery(sender: Sender<typeof calc>, scores: Scoreboard): Promise<void> {
  const startedMs = performance.now();
  const isWell = () => sender.circuitBreaker?.state === 'closed' && sender.status.state === 'ready';
  while (!isWell() && performance.now() - startedMs < 5_000) {
    await outcome(sender.send(calc.Add({ a: 1, b: 1 })));
    await delay(20);
  }
  scores.expect('the circuit breaker', sender.circuitBreaker?.state, 'closed');
  scores.expect('the group', sender.status.state, 'ready');
  scores.expect('Add { a: 2, b: 3 }', await outcome(sender.send(calc.Add({ a: 2, b: 3 }))), 'Result');
}

/** How a send ended: `Result`, or the code of its error. */
async function outcome(sending: Promise<unknown>): Promise<string> {
  try {
    await sending;
    return 'Result';
  } catch (error) {
    return error instanceof CmdStreamError ? error.code : String(error);
  }
}

function describeStatus(event: StatusEvent): string {
  switch (event.type) {
    case 'group':
      return `group: ${event.state}, ${event.ready} of ${event.size} clients ready`;
    case 'client': {
      const wait =
        event.state === 'reconnecting'
          ? `, next dial in ${event.delayMs.toFixed(0)} ms (attempt ${event.attempt})`
          : '';
      return `client ${event.id}: ${event.state}${wait}`;
    }
    case 'circuit-breaker':
      return `circuit breaker: ${event.state}`;
  }
}

function perSecond(count: number, tookMs: number): string {
  return Math.round((count / tookMs) * 1_000).toLocaleString('en');
}
