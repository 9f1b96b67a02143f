import type { Mutant } from './mutant.ts';

/** Faults in what a process makes of a time in which it has not looked. */
export const OF_TIME: readonly Mutant[] = [
  {
    name: 'late deadlines are judged unread',
    file: 'src/base/deadline-timer.ts',
    from: 'if (this.#now() <= this.#expectedMs + LATE_MS) this.#due();',
    to: 'if (this.#now() > 0) this.#due();',
    why: 'a send times out whose Result lies there',
  },
  {
    name: 'late handshakes are judged unread',
    file: 'machines/client.ts',
    from: "    inTime: { after: { handshakeTimeout: 'late' } },\n    late: { after: { handshakeGrace: { actions: 'giveUpDial' } } },\n",
    to: "    inTime: { after: { handshakeTimeout: { actions: 'giveUpDial' } } },\n",
    why: 'a dial fails whose ServerInfo lies there',
  },
  {
    name: 'late Pongs are judged unread',
    file: 'machines/connection.ts',
    from: "                waiting: { after: { pongTime: 'overdue' } },\n",
    to: "                waiting: { after: { pongTime: [{ guard: 'isPongLate', actions: 'loseUnresponsive' }, 'overdue'] } },\n",
    why: 'a connection is given up whose Pong lies there',
  },
  {
    name: 'a Pong has one turn, however much lies before it',
    file: 'machines/connection.ts',
    from: "                  entry: 'excuseLateness',\n",
    to: '',
    why: 'a connection is given up whose Pong lies behind the rest of a stream',
  },
  {
    name: 'frames have come in part since ever',
    file: 'src/wire/reading-times.ts',
    from: '    this.#partialSinceMs = this.#clock.monotonicMs();\n',
    to: '',
    why: 'a server closes a connection whose Command comes in two parts',
  },
  {
    name: 'any byte is a sign of life',
    file: 'src/sender/client/connection.ts',
    from: 'if (seq >= this.liveness.provingSeq) this.liveness.proved();',
    to: 'this.liveness.proved();',
    why: 'a server that does not read any more, and goes on sending, is never found',
  },
];
