import { CmdStreamError, command, defineProtocol, result, type Sender } from '../../src/index.ts';
import { simulate } from '../../src/testing.ts';

const protocol = defineProtocol({
  results: { Pong: result<number>() },
  commands: { Ping: command<number>().returns('Pong') },
});

const SENDERS = 12;
const HOSTS = ['a', 'b', 'c'];
/** Each sender sends so often, and the handler takes so long. */
const EVERY_MS = 7;
const HANDLER_MS = 5;
const RESTARTS_MS = 4_000;

/** How the sends of many senders fared while their servers were restarted in turn. */
export interface Restarted {
  readonly sends: number;
  /** Those that failed, by their codes; whether they may have been executed stands behind those that may. */
  readonly failed: Readonly<Record<string, number>>;
  /** How often a handler ran for a number that had been answered for already. */
  readonly twice: number;
}

/** Three servers shut down in turn and come back, beside senders that send without a pause. */
export async function restartInTurn(seed: number, goClients: boolean): Promise<Restarted> {
  const failed: Record<string, number> = {};
  const executed = new Map<number, number>();
  let sends = 0;
  await simulate(seed, async ({ clock, serve, createSender }) => {
    const start = (host: string) =>
      serve(
        protocol,
        () => undefined,
        {
          Ping: async (n) => {
            executed.set(n, (executed.get(n) ?? 0) + 1);
            await clock.sleep(HANDLER_MS);
            return n;
          },
        },
        { host, goClients },
      );
    const servers = [];
    for (const host of HOSTS) servers.push(await start(host));
    const senders: Sender<typeof protocol>[] = [];
    for (let at = 0; at < SENDERS; at++) {
      const address = HOSTS.map((host) => `${host}:9000`);
      senders.push(await createSender(protocol, { address, clients: 2 }));
    }
    await clock.sleep(2_000);
    let isOver = false;
    const under: Promise<void>[] = [];
    const sendOn = async (sender: Sender<typeof protocol>, at: number) => {
      await clock.sleep(at);
      while (!isOver) {
        const sending = sender.send(protocol.Ping(++sends)).then(
          () => {},
          (error: unknown) => {
            const { code, mayHaveExecuted } = CmdStreamError.from(error);
            const key = mayHaveExecuted ? `${code}, perhaps executed` : code;
            failed[key] = (failed[key] ?? 0) + 1;
          },
        );
        under.push(sending);
        await clock.sleep(EVERY_MS);
      }
    };
    const sending = senders.map(sendOn);
    for (const [at, server] of servers.entries()) {
      await clock.sleep(RESTARTS_MS);
      await server.shutdown({ timeoutMs: 2_000 });
      await clock.sleep(500);
      servers[at] = await start(HOSTS[at] as string);
    }
    await clock.sleep(RESTARTS_MS);
    isOver = true;
    await Promise.all(sending);
    await Promise.all(under);
  });
  const twice = [...executed.values()].filter((count) => count > 1).length;
  return { sends, failed, twice };
}
