import { CmdStreamError, createSender } from 'cmd-stream';
import { type Caller, deployed, type Failure } from './service.ts';

/** A sender of this library, with its defaults. */
export async function ownCaller(ports: readonly number[], clients: number, timeoutMs: number): Promise<Caller> {
  const sender = await createSender(deployed, {
    address: ports.map((port) => `127.0.0.1:${port}`),
    clients,
    timeoutMs,
    multiTimeoutMs: timeoutMs,
  });
  return {
    async call(kind, id, onTick) {
      if (kind === 'short') await sender.send(deployed.Short(id));
      else if (kind === 'long') await sender.send(deployed.Long(id));
      else for await (const left of sender.sendMulti(deployed.Ticks(id))) onTick(left);
    },
    describe: (error): Failure =>
      error instanceof CmdStreamError
        ? { code: error.code, mayHaveExecuted: error.mayHaveExecuted }
        : { code: String(error), mayHaveExecuted: undefined },
    close: () => sender.close(),
  };
}
