// A server in a process of its own, which is told on stdin to use up all of its file descriptors, and to free them.
import { closeSync, openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { command, defineProtocol, result } from '../../../src/index.ts';
import { serve } from '../../../src/server/serve.ts';

const echo = defineProtocol({
  results: { Value: result<number>() },
  commands: { Echo: command<number>().returns('Value') },
});

const files: number[] = [];
const tell = (line: string) => process.stdout.write(`${line}\n`);
const server = await serve(echo, null, { Echo: (value) => value }, { onAcceptError: ({ code }) => tell(code) });
tell(String(server.port));

for await (const line of createInterface(process.stdin)) {
  if (line === 'fill') fill();
  if (line === 'free') for (const file of files.splice(0)) closeSync(file);
  tell(line);
}
await server.close();

function fill(): void {
  for (;;) {
    try {
      files.push(openSync('/dev/null', 'r'));
    } catch {
      return;
    }
  }
}
