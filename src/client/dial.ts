import type { MessageCodec } from '../codec/codec.ts';
import { CmdStreamError } from '../errors/cmd-stream-error.ts';
import { printable } from '../errors/printable.ts';
import type { Transport } from '../transport/transport.ts';
import { serverInfoMatches } from '../wire/server-info.ts';
import { StreamChannel, type StreamChannelOptions } from '../wire/stream-channel.ts';
import type { Connect } from './client.ts';

/** What dialling a server takes. */
export interface DialOptions extends StreamChannelOptions {
  readonly transport: Transport;
  /** The ServerInfo that the server must introduce itself with. */
  readonly serverInfo: string;
  readonly outgoing: MessageCodec;
  readonly incoming: MessageCodec;
}

/**
 * Makes the way to connect over byte streams: dial (and TLS), then the ServerInfo, which the server sends first.
 * The returned function rejects with `server-info-mismatch` when it is another one.
 */
export function dialer(options: DialOptions): Connect {
  const { transport, serverInfo } = options;
  return async (address, signal) => {
    const stream = await transport.connect(address, signal);
    const channel = new StreamChannel(stream, options);
    const abort = () => channel.destroy();
    signal.addEventListener('abort', abort, { once: true });
    try {
      // A stream may be there at the very moment at which it is called off.
      signal.throwIfAborted();
      const received = await channel.receiveServerInfo();
      if (!serverInfoMatches(serverInfo, received)) {
        const message = `${address} introduced itself as '${printable(received)}'; expected '${serverInfo}' (option 'serverInfo')`;
        throw new CmdStreamError('server-info-mismatch', message);
      }
      return channel;
    } catch (error) {
      channel.destroy();
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  };
}
