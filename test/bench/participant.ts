// One process of a row: its server or its client. Forked by the bench, which asks one question at a time.
import { type Answer, GONE_AFTER_MS, type Question, type Serving } from './dialogue.ts';
import { run } from './load.ts';
import type { BenchClient, BenchServer, BenchSystem } from './system.ts';
import { ROWS } from './systems/index.ts';
import { usage } from './usage.ts';

const id = process.argv[2];
const row = ROWS.find((candidate) => candidate.id === id);
let loaded: Promise<BenchSystem> | undefined;
let server: BenchServer | undefined;
let client: BenchClient | undefined;

function system(): Promise<BenchSystem> {
  if (row === undefined || !('load' in row.runs)) throw new Error(`there is no row '${id}' with a module`);
  loaded ??= row.runs.load();
  return loaded;
}

async function answer(question: Question): Promise<unknown> {
  switch (question.type) {
    case 'serve':
      server = await (await system()).startServer(question.delayMs);
      return { address: server.address, pids: server.pids ?? [] } satisfies Serving;
    case 'connect':
      await client?.close();
      client = await (await system()).startClient(question.address, question.connections);
      return undefined;
    case 'run':
      if (client === undefined) throw new Error('not connected');
      return run(client, question.load);
    case 'usage':
      return usage(server?.pids);
    case 'stop':
      await client?.close();
      await server?.close();
      return undefined;
  }
}

process.on('message', (question: Question) => {
  answer(question).then(
    (value) => reply({ value }, question),
    (error: unknown) =>
      reply({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }, question),
  );
});

function reply(message: Answer, { type }: Question): void {
  process.send?.(message, () => {
    if (type === 'stop') process.exit();
  });
}

// Whatever becomes of the bench, nothing of it is left behind; a process of the server's own least of all.
async function leave(): Promise<void> {
  await Promise.race([server?.close(), new Promise((resolve) => setTimeout(resolve, 1000))]);
  process.exit(1);
}
process.on('disconnect', () => void leave());
setTimeout(() => void leave(), GONE_AFTER_MS).unref();
