import { once } from 'node:events';
import { createServer, type ListenOptions, type Server } from 'node:net';
import { CmdStreamError, describeError } from '../base/errors/cmd-stream-error.ts';

/**
 * Tries whether two listeners may share a port here.
 * @throws CmdStreamError `invalid-argument` where they may not: an older Node overlooks the wish, other systems refuse it.
 */
export async function requireReusePort(): Promise<void> {
  const servers: Server[] = [];
  try {
    for (let port = 0; servers.length < 2; ) {
      const server = createServer();
      servers.push(server);
      const shared: ListenOptions & { readonly reusePort: true } = {
        port,
        host: '127.0.0.1',
        exclusive: true,
        reusePort: true,
      };
      server.listen(shared);
      await once(server, 'listening');
      port = (server.address() as { port: number }).port;
    }
  } catch (error) {
    const needs = `needs Linux and Node 22.12, 23.1 or later; this is Node ${process.versions.node} on ${process.platform}`;
    const message = `option 'via' cannot be 'reuse-port' here: it ${needs}; use 'round-robin' (${describeError(error)})`;
    throw new CmdStreamError('invalid-argument', message, { cause: error });
  } finally {
    for (const server of servers) server.close();
  }
}
