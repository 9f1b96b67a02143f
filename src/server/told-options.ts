import { LogWriter } from '../base/log.ts';
import { named } from '../base/options/check.ts';
import { Warnings } from '../base/warnings.ts';
import type { ServerWatchers } from '../telemetry/watchers.ts';
import type { ResolvedServerOptions } from './options.ts';

type Told = Pick<ResolvedServerOptions, 'onConnection' | 'onConnectionLost' | 'onAcceptError'>;

/** Options whose callbacks tell those who watch, and the log, as well of what becomes of connections. */
export function toldOptions(options: ResolvedServerOptions, watchers: ServerWatchers): ResolvedServerOptions {
  const told = { ...options, ...both(options, tellingOf(watchers)) };
  if (options.log === undefined) return told;
  const log = new LogWriter(options.log, named('cmd-stream server', options.name), new Warnings(options.clock));
  return { ...told, ...both(told, loggingOf(log)) };
}

function both(own: Told, added: Told): Told {
  return {
    onConnection(info) {
      added.onConnection(info);
      own.onConnection(info);
    },
    onConnectionLost(info) {
      added.onConnectionLost(info);
      own.onConnectionLost(info);
    },
    onAcceptError(error, peer) {
      added.onAcceptError(error, peer);
      own.onAcceptError(error, peer);
    },
  };
}

function tellingOf(watchers: ServerWatchers): Told {
  return {
    onConnection: () => watchers.connectionChanged('accepted', undefined),
    onConnectionLost: ({ error }) => watchers.connectionChanged('lost', error),
    onAcceptError: (error) => watchers.connectionChanged('refused', error),
  };
}

function loggingOf(log: LogWriter): Told {
  return {
    onConnection: ({ remoteAddress }) => log.info(`${remoteAddress} has connected`),
    onConnectionLost: ({ remoteAddress, error }) =>
      error === undefined
        ? log.info(`${remoteAddress} has closed its connection`)
        : log.warn(`${remoteAddress} was lost: ${error.message}`),
    onAcceptError: (error, peer) => {
      const who = peer === undefined ? 'a client' : `${peer.address}:${peer.port}`;
      log.warn(`${who} was refused: ${error.message}`);
    },
  };
}
