import type { Mutant } from './mutant.ts';

/** Faults where servers shut down, and where Commands are given up. */
export const OF_SHUTDOWNS: readonly Mutant[] = [
  {
    name: 'executed while shutting down',
    file: 'src/server/session.ts',
    from: '    if (!this.#isServing) {\n      this.#comeEarlyOrLate',
    to: '    if (!this.isOpen) {\n      this.#comeEarlyOrLate',
    why: 'a server that shuts down goes on taking Commands',
  },
  {
    name: 'turned away for good',
    file: 'src/sender/request/request.ts',
    from: '    this.context.resend(this);\n',
    to: '    this.failed(error);\n',
    why: 'a Command that another server would execute fails',
  },
  {
    name: 'sent anew when it is lost',
    file: 'src/sender/client/departure.ts',
    from: 'if (this.#pending.delete(seq)) pending.failed(reason',
    to: 'if (this.#pending.delete(seq)) pending.returned(reason',
    why: 'what may have been executed is executed once more',
  },
  {
    name: 'deaf to a goodbye',
    file: 'src/sender/client/connection.ts',
    from: 'this.#leave(readGoodbye(frame.body));',
    to: 'readGoodbye(body);',
    why: 'Commands go on to a server that takes none',
  },
  {
    name: 'a wait after a goodbye',
    file: 'machines/client.ts',
    from: "          { guard: 'mayMove', target: 'connecting', actions: ['rememberError', 'countAttempt'] },\n",
    to: '',
    why: 'whose server shuts down is without one for a while, though another is there',
  },
  {
    name: 'no waiting on the way to another server',
    file: 'src/sender/send-path.ts',
    from: 'return request.patient || this.#group.hope.isThere;',
    to: 'return request.patient;',
    why: 'sends fail for the few milliseconds that a client takes to another server',
  },
  {
    name: 'waiting without hope',
    file: 'src/sender/send-path.ts',
    from: '    group.hope.onGone(() => this.#failImpatient());\n',
    to: '',
    why: 'who would not wait for a client waits until the deadline',
  },
  {
    name: 'no goodbye at a certain age',
    file: 'machines/session.ts',
    from: "      entry: 'sendAway',\n",
    to: '',
    why: 'Commands that are on their way to a connection that is renewed are lost',
  },
  {
    name: 'connections never age',
    file: 'src/server/connection-age.ts',
    from: '    deadlines.arm(this, ',
    to: '    void [deadlines, this];\n    void (',
    why: 'connections last for ever, although the server says otherwise',
  },
  {
    name: 'what is in flight on an aged connection is cut off',
    file: 'machines/session.ts',
    from: "unlimited: { always: { guard: 'hasGrace', target: 'limited' } },",
    to: "unlimited: { always: { target: '#session.closing' } },",
    why: 'long Commands and streams fail each time that a connection is renewed',
  },
  {
    name: 'places held for good',
    file: 'src/sender/client/connection-life.ts',
    from: '    return this.#hasReason || this.connection.unanswered >= MANY_ABANDONED;\n',
    to: '    return this.#hasReason;\n',
    why: 'Commands that hang at a server and were given up hold its places until the connection ends',
  },
  {
    name: 'late Results are dropped',
    file: 'src/sender/client/connection-life.ts',
    from: '    return unanswered > 0 && abandoned === 0;\n',
    to: '    return unanswered > 0 && abandoned < 0;\n',
    why: 'a connection that was replaced ends before the Results that are still to come',
  },
];
