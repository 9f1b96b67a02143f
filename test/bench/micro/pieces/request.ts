import { systemClock } from '../../../../src/base/clock.ts';
import { DeadlineQueue } from '../../../../src/base/deadline-queue.ts';
import { RefusalPace } from '../../../../src/base/refusal-pace.ts';
import { processWarnings } from '../../../../src/base/warnings.ts';
import { Command } from '../../../../src/protocol/command.ts';
import { command, result } from '../../../../src/protocol/definitions.ts';
import { defineProtocol, protocolTables } from '../../../../src/protocol/protocol.ts';
import { ResultBounds } from '../../../../src/sender/client/backlog.ts';
import type { RequestContext } from '../../../../src/sender/request/request.ts';
import { SignalWatch } from '../../../../src/sender/request/signal-watch.ts';
import { SingleRequest } from '../../../../src/sender/request/single-request.ts';
import type { Piece } from '../piece.ts';
import { SAMPLES } from '../sample.ts';

/** As many requests are under way at a time. */
const WINDOW = 1000;

/** The life of a request, without hooks, deadline and network. */
export const request: Piece = {
  name: 'compiled request actor',
  operation: 'one request made, sent, answered, settled; its promise with it',
  plain: 'a promise whose resolve function is kept',
  atMost: 5,
  prepare() {
    const { commandEntries, resultEntries } = defineProtocol({
      results: { Echoed: result<unknown>() },
      commands: { Echo: command<unknown>().returns('Echoed') },
    })[protocolTables];
    const [entry] = commandEntries;
    const [answer] = resultEntries;
    if (entry === undefined || answer === undefined) throw new Error('the protocol has no types');
    const context: RequestContext = {
      deadlines: new DeadlineQueue(systemClock),
      signals: new SignalWatch(),
      refusals: new RefusalPace(systemClock),
      bounds: new ResultBounds(1000, 1_000_000),
      whenSlow: 'pause',
      warnings: processWarnings,
      actors: undefined,
      resend: () => {},
    };
    const carrier = {
      clientId: 0,
      address: 'nowhere',
      deliveries: 0,
      forget: () => true,
      readsOn: false,
      pressed: () => {},
      openCredit: () => undefined,
    };
    const echo = new Command('Echo', 0, SAMPLES[0], {});
    const requests = new Array<SingleRequest>(WINDOW);
    const resolves = new Array<(value: unknown) => void>(WINDOW);
    return {
      ours(count) {
        for (let done = 0; done < count; done += WINDOW) {
          for (let index = 0; index < WINDOW; index++) {
            const made = new SingleRequest(echo, entry, context);
            made.sent(carrier, done + index + 1, 64);
            requests[index] = made;
          }
          for (let index = 0; index < WINDOW; index++) requests[index]?.result(answer, SAMPLES[index & 63], 64, true);
        }
      },
      plain(count) {
        for (let done = 0; done < count; done += WINDOW) {
          for (let index = 0; index < WINDOW; index++) {
            new Promise((resolve) => {
              resolves[index] = resolve;
            });
          }
          for (let index = 0; index < WINDOW; index++) resolves[index]?.(SAMPLES[index & 63]);
        }
      },
    };
  },
};
