// The node peer: a server of the interop protocol that tells on descriptor 3 which Commands it executes.
import { writeSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { type Invoker, json, serve } from 'cmd-stream';
import { interop } from '../../interop/support/protocol.ts';
import { handlersThat, LIES, timesTold } from './lies.ts';

const JOURNAL = 3;
const SHUTDOWN_TIMEOUT_MS = 500;

const { values } = parseArgs({
  options: { port: { type: 'string' }, 'idle-ms': { type: 'string' }, lie: { type: 'string' } },
});
const lie = LIES.find((known) => known === values.lie);
let executed = 0;

// The id comes beside the fields of the protocol, where a Go server skips it.
const invoker: Invoker<undefined> = ({ payload }, _context, next) => {
  const { Id, ...rest } = payload as { Id: number };
  executed++;
  const times = timesTold(lie, executed);
  // At once, and before the Command is executed: a server that is killed has told of all.
  if (times > 0) writeSync(JOURNAL, `${Id}\n`.repeat(times));
  return next(rest);
};

const server = await serve(interop, undefined, handlersThat(lie), {
  port: Number(values.port),
  codec: json({ int64: 'bigint' }),
  idleTimeoutMs: Number(values['idle-ms']),
  invoker,
  // Many of its Commands are to fail, by the messages that they bring.
  exposeErrors: true,
  onHandlerError: () => {},
});
console.log(`listening ${server.address}`);

process.once('SIGTERM', async () => {
  await server.shutdown({ timeoutMs: SHUTDOWN_TIMEOUT_MS });
  process.exit();
});
// Whatever becomes of the run, nothing of it is left behind.
process.stdin.on('close', () => process.exit(1)).resume();
