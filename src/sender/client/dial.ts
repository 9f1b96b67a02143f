import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import type { ProcessHolder } from '../../base/process-hold.ts';
import type { MessageCodec } from '../../protocol/codec/codec.ts';
import { EXTENSION, type Hello, type Welcome } from '../../wire/extension/introduction.ts';
import { parseServerInfo } from '../../wire/server-info.ts';
import { strangerServer } from '../../wire/strangers.ts';
import { StreamChannel, type StreamChannelOptions } from '../../wire/stream-channel.ts';
import type { Transport } from '../../wire/transport/transport.ts';
import type { Connect } from './client.ts';
import type { ExpectedInfo } from './expected-info.ts';

/** Parts of a dial to a server. */
export interface DialOptions extends StreamChannelOptions {
  readonly transport: Transport;
  /** ServerInfo that the server must introduce itself with. */
  readonly serverInfo: ExpectedInfo;
  readonly outgoing: MessageCodec;
  readonly incoming: MessageCodec;
  /** Tells a server that has the wire extension who this is. */
  readonly hello: Hello;
  /** Throws where the server's WELCOME shows that the two do not go together. */
  readonly checkWelcome: (address: string, welcome: Welcome) => void;
  /** Is told of what keeps the process from ending. */
  readonly holds?: ((holder: ProcessHolder) => void) | undefined;
}

/**
 * Makes the way to connect over byte streams: dial (and TLS), then the ServerInfo, which the server sends first.
 * The returned function rejects with `server-info-mismatch` when it is another one.
 */
export function dialer(options: DialOptions): Connect {
  const { transport, serverInfo, holds } = options;
  const channelOptions: StreamChannelOptions = {
    ...options,
    stranger: (bytes) => strangerServer(bytes, serverInfo.texts),
  };
  return async (address, signal, reached) => {
    const stream = await transport.connect(address, signal, () => reached?.('reached'), holds);
    reached?.(transport.name === 'tls' ? 'secure' : 'open');
    const channel = new StreamChannel(stream, channelOptions);
    const abort = () => channel.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      // A stream may be there at the very moment at which it is called off.
      signal.throwIfAborted();
      const received = await channel.receiveServerInfo();
      serverInfo.check(address, received);
      if (parseServerInfo(received).extensions.includes(EXTENSION)) {
        reached?.('introduced');
        options.checkWelcome(address, await channel.greet(options.hello));
      }
      return channel;
    } catch (error) {
      channel.destroy();
      throw signal.aborted ? error : explained(error, address, transport.name);
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}

/** An error of a connection that was there, and went before its server had introduced itself. */
function explained(error: unknown, address: string, transport: string): unknown {
  if (!(error instanceof CmdStreamError) || error.code !== 'connection-lost') return error;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && String(cause.code).startsWith('ERR_SSL_')) {
    return new CmdStreamError('connect-failed', `cannot connect to ${address}: ${cause.message}`, { cause });
  }
  // With TLS 1.3 a client takes the connection for set up before the server has looked at its certificate.
  const why = transport === 'tls' ? 'does it want another client certificate?' : 'does it speak TLS?';
  const message = `${error.message}; no ServerInfo came: is it a cmd-stream server, is it full, does it refuse this client (option 'authorize'), ${why}`;
  return new CmdStreamError('connection-lost', message, { cause });
}
