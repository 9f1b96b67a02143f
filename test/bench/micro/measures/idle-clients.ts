// Opens connections and keeps them open until its parent goes. Told by its arguments: the port, and how many.
import { connect } from 'node:net';

const port = Number(process.argv[2]);
const count = Number(process.argv[3]);
/** So many at a time, so that the queue of a listener is never full. */
const AT_A_TIME = 100;

async function open(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' });
    // What a server sends first: then it has accepted the connection.
    socket.once('error', reject).once('data', () => resolve());
  });
}

process.on('disconnect', () => process.exit());
try {
  for (let opened = 0; opened < count; opened += AT_A_TIME) {
    await Promise.all(Array.from({ length: Math.min(AT_A_TIME, count - opened) }, open));
  }
  process.send?.('open');
} catch (error) {
  process.send?.(String(error));
}
