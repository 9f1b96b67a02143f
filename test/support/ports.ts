import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';

/** Has a server listen on 127.0.0.1 at a free port, which it returns. */
export async function listenOn(server: Server, port = 0): Promise<number> {
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/**
 * A TCP port of 127.0.0.1 that is free now, from a range in which no dialling socket ever gets its own: one that dials
 * where nobody listens might come to itself.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const server = createServer();
    try {
      const port = await listenOn(server, 20_000 + Math.floor(Math.random() * 10_000));
      server.close();
      await once(server, 'close');
      return port;
    } catch {
      // It is taken: the next one may be free.
    }
  }
}
