// A replica of grpc-js: as replica.ts.
import { writeSync } from 'node:fs';
import { type Call, GRPC_SERVICE, loadGrpc } from './grpc.ts';
import { LONG_MS, TICK_MS, TICKS } from './service.ts';

const JOURNAL = 3;

const executed = (id: number) => writeSync(JOURNAL, `${id}\n`);

function tick(call: Call, left: number): void {
  call.write(left);
  if (left > 0) setTimeout(() => tick(call, left - 1), TICK_MS);
  else call.end();
}

const grpc = loadGrpc();
const server = new grpc.Server();
server.addService(GRPC_SERVICE, {
  Short({ request }, callback) {
    executed(request);
    callback(null, request);
  },
  Long({ request }, callback) {
    executed(request);
    setTimeout(() => callback(null, request), LONG_MS);
  },
  Ticks(call) {
    executed(call.request);
    tick(call, TICKS - 1);
  },
});
server.bindAsync(`127.0.0.1:${process.argv[2]}`, grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error !== null) throw error;
  console.log(`listening 127.0.0.1:${port}`);
});

process.once('SIGTERM', () => server.tryShutdown(() => process.exit()));
process.stdin.on('close', () => process.exit(1)).resume();
