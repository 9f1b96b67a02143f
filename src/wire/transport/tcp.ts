import { connect, createServer } from 'node:net';
import { systemClock } from '../../base/clock.ts';
import { flag, optionNames } from '../../base/options/check.ts';
import { paced } from '../../base/refusal-pace.ts';
import { parseAddress } from './address.ts';
import { TCP_KEEP_ALIVE } from './keep-alive.ts';
import { ReadInPlace } from './read-in-place.ts';
import { listen } from './socket-listener.ts';
import { holdWith, whenConnected } from './socket-stream.ts';
import type { Transport } from './transport.ts';

/** Options of {@link tcpTransport}. */
export interface TcpOptions {
  /**
   * Sends small writes at once instead of waiting for the peer's acknowledgement (TCP_NODELAY, RFC 896). Default `true`:
   * the library gathers the frames of a turn into one write itself.
   */
  readonly noDelay?: boolean | undefined;
}

/**
 * Plain TCP, the default. The system looks after half a minute of silence at most whether the other machine is still there
 * (TCP keepalive), at both ends.
 * @throws CmdStreamError `invalid-argument`.
 */
export function tcpTransport(options: TcpOptions = {}): Transport {
  optionNames('the options of tcpTransport()', options, ['noDelay']);
  const noDelay = flag('noDelay', options.noDelay, true);
  const dial: Transport['connect'] = async (address, signal, _reached, holds) => {
    const { host, port } = parseAddress(address);
    signal.throwIfAborted();
    const inPlace = new ReadInPlace();
    const socket = connect({ host, port, noDelay, ...TCP_KEEP_ALIVE, onread: inPlace.onread });
    if (holds !== undefined) holdWith(socket, holds);
    return whenConnected(socket, 'connect', signal, inPlace);
  };
  return {
    name: 'tcp',
    connect: (...dialled) => paced(systemClock, dial(...dialled)),
    listen: (where, events) => paced(systemClock, listen(createServer({ noDelay, ...TCP_KEEP_ALIVE }), where, events)),
  };
}
