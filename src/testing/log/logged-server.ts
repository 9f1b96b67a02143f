import { harmless } from '../../server/callbacks.ts';
import type { HandlerContext, InvokedCommand } from '../../server/handlers.ts';
import type { ServerOptions } from '../../server/options.ts';
import { type EventLog, plain } from './event-log.ts';
import type { Unanswered } from './unanswered.ts';

/** Callbacks that may stand around a server's options. */
type Watched<Receiver> = Pick<
  ServerOptions<Receiver>,
  'invoker' | 'onConnection' | 'onConnectionLost' | 'onHandlerError'
>;

/** The options of a server whose Commands and connections are logged under `host`. The user's own are called after. */
export function loggedServer<Receiver, Options extends Watched<Receiver>>(
  options: Options & Watched<Receiver>,
  host: string,
  log: EventLog,
  unanswered: Unanswered,
): Options & Watched<Receiver> {
  const { invoker } = options;
  const onConnection = harmless('onConnection', options.onConnection);
  const onConnectionLost = harmless('onConnectionLost', options.onConnectionLost);
  const onHandlerError = harmless('onHandlerError', options.onHandlerError);
  return {
    ...options,
    invoker: (command: InvokedCommand, context: HandlerContext<Receiver, unknown>, next) => {
      const { seq, remoteAddress: client } = context;
      log.add('execute', host, { command: command.name, seq, client, payload: plain(command.payload) });
      const execute = () => (invoker === undefined ? next() : invoker(command, context, next));
      return unanswered.watch(command.name, host, log.nowMs, execute);
    },
    onConnection: (info) => {
      log.add('connection', host, { client: info.remoteAddress });
      onConnection(info);
    },
    onConnectionLost: (info) => {
      log.add('connectionLost', host, { client: info.remoteAddress, code: info.error?.code ?? null });
      onConnectionLost(info);
    },
    onHandlerError: (error, info) => {
      const { command, seq, remoteAddress: client } = info;
      log.add('handlerError', host, { command, seq, client, error: plain(error) });
      onHandlerError(error, info);
    },
  };
}
