import { command, defineProtocol, result } from '../../../src/index.ts';
import type { Handlers } from '../../../src/server/handlers.ts';
import type { ServerOptions } from '../../../src/server/options.ts';
import { serve } from '../../../src/server/serve.ts';

export const ECHO = 0;
export const STREAM = 1;
export const WAIT = 2;
export const ERROR = 16_383;
export const KIBIBYTE = 1024;

const protocol = defineProtocol({
  results: {
    Value: result<unknown>(),
    Part: result<{ text: string; last: boolean }>({ lastOne: (part) => part.last }),
  },
  commands: {
    Echo: command<unknown>().returns('Value'),
    Stream: command<number>().returns('Part'),
    Wait: command<unknown>().returns('Value'),
  },
});

const handlers: Handlers<typeof protocol, null> = {
  Echo: (value) => value,
  Stream: () => ({ text: '', last: true }),
  Wait: (value) => value,
};

/** A server with limits, and with the handlers that a test is about; the others are ordinary. */
export function serveLimited(own: Partial<typeof handlers>, options: ServerOptions) {
  return serve(protocol, null, { ...handlers, ...own }, options);
}
