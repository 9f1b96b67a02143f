import { invalidOption, isPlainObject, optionNames } from '../base/options/check.ts';
import type { Codec } from '../protocol/codec/codec.ts';
import type { AnyProtocol } from '../protocol/protocol.ts';
import { createSender } from '../sender/create-sender.ts';
import type { SenderOptions } from '../sender/options.ts';
import type { Sender } from '../sender/sender.ts';
import type { Handlers, NoStrangers } from '../server/handlers.ts';
import type { ServerOptions } from '../server/options.ts';
import { serve } from '../server/serve.ts';
import type { Server } from '../server/server.ts';
import { memoryTransport } from '../wire/transport/memory.ts';
import type { Transport } from '../wire/transport/transport.ts';

/** Options of {@link testService}. */
export interface TestServiceOptions<Receiver = unknown> {
  /** The codec of both sides. Default `msgpack()`. */
  readonly codec?: Codec | undefined;
  /** The ServerInfo of both sides. Default `'default'`. */
  readonly serverInfo?: string | undefined;
  /** Further options of the server, such as its `invoker`. */
  readonly server?:
    | Omit<ServerOptions<Receiver>, 'transport' | 'tls' | 'host' | 'port' | 'codec' | 'serverInfo'>
    | undefined;
  /** Further options of the sender, such as its `hooks`. */
  readonly sender?: Omit<SenderOptions, 'transport' | 'tls' | 'address' | 'codec' | 'serverInfo'> | undefined;
}

const NAMES: readonly (keyof TestServiceOptions)[] = ['codec', 'serverInfo', 'server', 'sender'];

/** Options that both sides have in common, and those that there are none of in memory. */
const OF_BOTH = ['codec', 'serverInfo'];
const OF_SOCKETS = ['transport', 'tls', 'host', 'port', 'address'];

/** A server and a sender that is connected to it, in one process; made by {@link testService}. */
export interface TestService<P extends AnyProtocol> extends AsyncDisposable {
  readonly sender: Sender<P>;
  readonly server: Server;
  /** Transport that connects them. Further senders reach the server by it, at {@link TestService.address}. */
  readonly transport: Transport;
  /** Where the server is, for further senders. */
  readonly address: string;
  /** Closes both at once, as `await using` does: what is under way fails with `closed`. Resolves when nothing is left. */
  close(): Promise<void>;
}

/**
 * Serves a protocol in memory, and connects a sender to it: for tests of handlers with real Commands, in real time and
 * without a socket. The library is the one of production, codec and schemas included.
 *
 * @param receiver - what the handlers work on, as for `serve`.
 * @throws CmdStreamError `invalid-argument` for options or handlers that are not acceptable.
 *
 * @example
 * ```ts
 * await using service = await testService(calc, new Calculator(), handlers);
 * expect(await service.sender.send(calc.Add({ a: 2, b: 3 }))).toBe(5);
 * ```
 */
export async function testService<P extends AnyProtocol, Receiver, H extends Handlers<P, Receiver>>(
  protocol: P,
  receiver: Receiver,
  handlers: H & NoStrangers<P, H>,
  options: TestServiceOptions<NoInfer<Receiver>> = {},
): Promise<TestService<P>> {
  optionNames('the options of testService()', options, NAMES);
  const ofServer = ofSide('server', options.server);
  const ofSender = ofSide('sender', options.sender);
  const transport = memoryTransport();
  const { codec, serverInfo } = options;
  const common = { codec, serverInfo, transport };
  const server = await serve<P, Receiver, H>(protocol, receiver, handlers, { ...ofServer, ...common });
  const { address } = server;
  try {
    const sender = await createSender(protocol, { ...ofSender, ...common, address });
    return new InMemory(server, sender, transport, address);
  } catch (error) {
    await server.close();
    throw error;
  }
}

/** The options of one side, which knows their names: but for those that would be passed over. */
function ofSide<T extends object>(side: 'server' | 'sender', options: T | undefined): T | undefined {
  if (options === undefined) return undefined;
  const where = `option '${side}' of testService()`;
  optionNames(where, options, isPlainObject(options) ? Object.keys(options) : []);
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue;
    if (OF_BOTH.includes(name))
      throw invalidOption(`${side}.${name}`, `left out: it is an option of both sides`, value);
    if (OF_SOCKETS.includes(name)) throw invalidOption(`${side}.${name}`, `left out: it is all in memory`, value);
  }
  return options;
}

class InMemory<P extends AnyProtocol> implements TestService<P> {
  readonly server: Server;
  readonly sender: Sender<P>;
  readonly transport: Transport;
  readonly address: string;

  /** @internal For {@link testService}. */
  constructor(server: Server, sender: Sender<P>, transport: Transport, address: string) {
    this.server = server;
    this.sender = sender;
    this.transport = transport;
    this.address = address;
  }

  async close(): Promise<void> {
    await this.sender.close();
    await this.server.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
