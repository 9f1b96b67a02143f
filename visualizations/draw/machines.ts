// Which machines are drawn, and what each means to a user of the library.
import type { AnyStateMachine } from 'xstate';
import { addressesMachine } from '../../machines/addresses.ts';
import { circuitBreakerMachine } from '../../machines/circuit-breaker.ts';
import { clientMachine } from '../../machines/client.ts';
import { connectionMachine } from '../../machines/connection.ts';
import { groupMachine } from '../../machines/group.ts';
import { requestMachine } from '../../machines/request.ts';
import { serverMachine } from '../../machines/server.ts';
import { sessionMachine } from '../../machines/session.ts';

/** A machine to draw. */
export interface Subject {
  /** The name of its files, without an extension: that of its machine's file. */
  readonly file: string;
  readonly title: string;
  /** One sentence, read out instead of the picture. */
  readonly summary: string;
  /** What the machine is for and what its states mean to a user, in Markdown. */
  readonly words: string;
  readonly machine: AnyStateMachine;
}

/** All machines of the library: the sender's first, then the server's. */
export const SUBJECTS: readonly Subject[] = [
  {
    file: 'client',
    title: 'Client',
    summary:
      'A client connects, is ready, dials another connection beside the one in use when it is to be replaced, and closes.',
    words: `One connection to a server that takes Commands, and those before it that still wait for Results. It opens another
one when it is lost. In \`connected\` a send goes out at once; what it does there makes no difference to you: where
the server works on streams that were left, or the address is not to be used any more, another connection is dialled beside
the one in use (\`blocked\`, \`dialling\`, \`waiting\`), and from an address that only stands in for its own it goes home in the same way
(\`away\`, \`goingHome\`): that one takes its place once it is open, and what is pending on the old one comes to its end there. In every other
state a send goes to another client of the group that is ready, and fails with \`unavailable\`, or waits with
\`waitForReady\`, if there is none. When the connection is lost, what was pending on it fails with \`connection-lost\`, and
nothing is sent twice; \`reconnecting\` waits and dials in turn, for as long as it takes (with \`reconnect: false\` there is
no such state, and the client is \`closed\`). \`draining\` lets what is pending finish; \`closed\` is the end.`,
    machine: clientMachine,
  },
  {
    file: 'connection',
    title: 'Connection',
    summary:
      'A connection is kept alive by Pings while it takes Commands, and while it is retired and waits for its last Results.',
    words: `One connection of a client, from the handshake to its end. Two things go on side by side. \`keepalive\`: when the
peer has not been seen to read for a while, it is asked by a Ping; its Pong has the ping timeout, and the time that all
that is under way takes on a slow link. \`use\`: it takes Commands while \`accepting\` (\`worn\`: its server works on streams
that nobody reads any more, so that another connection is wanted); \`retired\`, it waits for the Results of what is pending,
however long they take, and \`leaving\`, because its address is gone, for \`drainTimeoutMs\`. In
\`closing\` what is still pending fails with \`connection-lost\`; \`over\`: its client ends it.`,
    machine: connectionMachine,
  },
  {
    file: 'circuit-breaker',
    title: 'Circuit breaker',
    summary:
      'A circuit breaker is closed, opens when too many Commands fail, and tries the service again when half-open.',
    words: `Keeps Commands away from a service that fails. \`closed\` is the good state: every send goes out, and its
outcome is noted. When too many of the last ones were failures it becomes \`open\`: a send fails at once with
\`circuit-open\` and costs the service nothing. After \`openDurationMs\` it is \`halfOpen\`: as many sends go out as
successes are still wanted, the others fail with \`circuit-open\`. The last success that was wanted closes it, the first
failure opens it again. \`stopped\` is its end: it admits nothing, and no timer is left.`,
    machine: circuitBreakerMachine,
  },
  {
    file: 'group',
    title: 'Group',
    summary:
      'A group is starting, ready, degraded or unavailable, as its clients are; it drains, closes, and is closed.',
    words: `What \`sender.status\` tells: several clients of one service, seen as one. \`ready\`: every client is ready.
\`degraded\`: at least one is, and sends go to those that are; nothing fails for it. \`starting\` and \`unavailable\`: none
is, and a send fails at once with \`unavailable\`, or waits within its deadline with \`waitForReady\`. In \`draining\` what
is pending may still finish; in \`closing\` it may not. There, and once it is \`closed\`, a send fails with \`closed\`.`,
    machine: groupMachine,
  },
  {
    file: 'addresses',
    title: 'Addresses',
    summary:
      'Addresses are fixed, or a resolver is asked for them, and asked again after an interval, or sooner for a reason.',
    words: `Where the clients of a group may connect to. \`fixed\`: you gave a list, and nobody is asked. Where you gave a
function, it is \`asking\`: your function is being called, and has \`handshakeTimeoutMs\` to answer (\`late\`: the process was
busy for longer, and looks once more). \`known\`: its last answer is in use, and stays so when a later call fails. It is
asked again after \`addressRefreshMs\` (\`waiting\`; never while \`resting\`, where that is Infinity), and at once when a dial
fails or a connection is lost; when that has happened just now, after a pause (\`pausing\`), which grows while your function
fails. \`stopped\`: the sender is closed, and what is still answered changes nothing.`,
    machine: addressesMachine,
  },
  {
    file: 'request',
    title: 'Request',
    summary:
      'A request is queued, sent, receives Results, and succeeds, fails, times out or is cancelled: exactly one of them.',
    words: `One send of one Command. \`queued\`: it has not been handed to a connection, so that the server has certainly
not executed it. \`sent\`: it is under way. \`receiving\`: the first of several Results is here. It always comes to one of
its four ends, and to one only: \`succeeded\` (the promise resolves, the stream ends), \`failed\` (an error that says why),
\`timedOut\` (\`timeout\`: the deadline passed) or \`cancelled\` (\`cancelled\`: your signal fired, or you left the stream).
A Result that comes after the end goes to \`onUnexpectedResult\`.`,
    machine: requestMachine,
  },
  {
    file: 'server',
    title: 'Server',
    summary: 'A server starts, listens, and stops: its listener closes while its connections drain or are closed.',
    words: `What \`serve\` returns once it is \`listening\`: connections are accepted, and Commands are handled.
\`server.shutdown()\` and \`server.close()\` lead to \`stopping\`, where two things happen side by side: the listener closes,
and the connections are \`draining\` (Commands in flight may finish, within the timeout) or \`closing\` (they are cut off).
Each step is bounded in time. \`closed\` is the end; \`failed\` means that it could not listen (\`listen-failed\`).`,
    machine: serverMachine,
  },
  {
    file: 'session',
    title: 'Session',
    summary: 'A session introduces the server, serves Commands, drains, says goodbye, and is closed.',
    words: `One accepted connection of a server. \`handshake\`: the server tells who it is. \`serving\`: Commands are handled
and answered. \`draining\`: those in flight are finished first. \`ending\`: all is said, and the peer's goodbye is awaited.
\`closing\`: it is cut off, because the server closes, the peer was silent for too long, or it broke the protocol. For a
client all of the last three look alike: the connection goes, and the client dials again.`,
    machine: sessionMachine,
  },
];
