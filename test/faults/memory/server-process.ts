// A server with the default options and a small heap, in a process of its own.
import { command, defineProtocol, result, serve } from '../../../src/index.ts';

const service = defineProtocol({
  results: { Value: result<unknown>(), Part: result<string>({ lastOne: () => false }) },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Wait: command<unknown>().returns('Value'),
    Big: command<unknown>().returns('Value'),
    Bigs: command<unknown>().returns('Part'),
  },
});

const MEBIBYTE = 2 ** 20;
/** A new text each time: what is shared weighs nothing. */
const big = () => Buffer.alloc(MEBIBYTE, 'x').toString('latin1');
const soon = () => new Promise((resolve) => setTimeout(resolve, 50));

const server = await serve(service, null, {
  Echo: (value) => value,
  // Keeps what it got for as long as its caller is there.
  Wait: async (value, { signal }) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return value;
  },
  Big: async () => {
    await soon();
    return big();
  },
  async *Bigs() {
    await soon();
    for (;;) yield big();
  },
});
process.on('message', () => process.send?.({ residentBytes: process.memoryUsage().rss }));
process.on('disconnect', () => process.exit());
process.send?.({ port: server.port });
