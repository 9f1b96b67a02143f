// One process of a row: its server or its client. Forked by the bench, which asks one question at a time.
import { type Answer, GONE_AFTER_MS, type Question } from './dialogue.ts';
import { run } from './load.ts';
import type { BenchClient, BenchServer, BenchSystem } from './system.ts';
import { ROWS } from './systems/index.ts';

const id = process.argv[2];
const row = ROWS.find((candidate) => candidate.id === id);
let loaded: Promise<BenchSystem> | undefined;
let server: BenchServer | undefined;
let client: BenchClient | undefined;

function system(): Promise<BenchSystem> {
  if (row === undefined) throw new Error(`there is no row '${id}'`);
  loaded ??= row.load();
  return loaded;
}

async function answer(question: Question): Promise<unknown> {
  switch (question.type) {
    case 'serve':
      server = await (await system()).startServer();
      return server.port;
    case 'connect':
      client = await (await system()).startClient(question.port);
      return undefined;
    case 'run':
      if (client === undefined) throw new Error('not connected');
      return run(client, question.load);
    case 'usage': {
      const { user, system: kernel } = process.cpuUsage();
      return user + kernel;
    }
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

// Whatever becomes of the bench, nothing of it is left behind.
process.on('disconnect', () => process.exit(1));
setTimeout(() => process.exit(1), GONE_AFTER_MS).unref();
