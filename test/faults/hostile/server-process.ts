// A server in a process of its own, which tells what memory it holds. It has the limits of a careful operator.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { command, defineProtocol, result, serve } from '../../../src/index.ts';
import type { ServerAnswer, ServerQuestion } from './messages.ts';

const echo = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;
const tell = (answer: ServerAnswer) => process.send?.(answer);

const server = await serve(
  echo,
  null,
  { Echo: (value) => value },
  { maxFrameBytes: 256 * 1024, maxBufferedBytes: 256 * 1024, maxInFlightCommands: 100, maxConnections: 20_000 },
);
process.on('message', (question: ServerQuestion) => {
  if (question === 'stop') {
    void server.close().then(() => process.disconnect());
    return;
  }
  // Twice: the memory of buffers is given back only after those who held it.
  collect();
  collect();
  const { heapUsed, external, rss } = process.memoryUsage();
  tell({ usedBytes: heapUsed + external, residentBytes: rss, connections: server.connections });
});
process.on('disconnect', () => process.exit());
tell({ port: server.port });
