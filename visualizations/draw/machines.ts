// Which machines are drawn. What their states mean to a user of the library, they say themselves.
import type { AnyStateMachine } from 'xstate';
import { addressesMachine } from '../../machines/addresses.ts';
import { channelMachine } from '../../machines/channel.ts';
import { circuitBreakerMachine } from '../../machines/circuit-breaker.ts';
import { clientMachine } from '../../machines/client.ts';
import { connectionMachine } from '../../machines/connection.ts';
import { groupMachine } from '../../machines/group.ts';
import { requestMachine } from '../../machines/request.ts';
import { serverMachine } from '../../machines/server.ts';
import { sessionMachine } from '../../machines/session.ts';
import { workerMachine } from '../../machines/worker.ts';
import { workersMachine } from '../../machines/workers.ts';

/** A machine to draw. */
export interface Subject {
  /** The name of its files, without an extension: that of its machine's file. */
  readonly file: string;
  readonly title: string;
  /** One sentence, read out instead of the picture. */
  readonly summary: string;
  readonly machine: AnyStateMachine;
}

/** All machines of the library: the sender's first, then the server's, then what both stand on. */
export const SUBJECTS: readonly Subject[] = [
  {
    file: 'client',
    title: 'Client',
    summary:
      'A client connects, is ready, dials another connection beside the one in use when it is to be replaced, and closes.',
    machine: clientMachine,
  },
  {
    file: 'connection',
    title: 'Connection',
    summary:
      'A connection is kept alive by Pings while it takes Commands, and while it is retired and waits for its last Results.',
    machine: connectionMachine,
  },
  {
    file: 'circuit-breaker',
    title: 'Circuit breaker',
    summary:
      'A circuit breaker is closed, opens when too many Commands fail, and tries the service again when half-open.',
    machine: circuitBreakerMachine,
  },
  {
    file: 'group',
    title: 'Group',
    summary:
      'A group is starting, ready, degraded or unavailable, as its clients are; it drains, closes, and is closed.',
    machine: groupMachine,
  },
  {
    file: 'addresses',
    title: 'Addresses',
    summary:
      'Addresses are fixed, or a resolver is asked for them, and asked again after an interval, or sooner for a reason.',
    machine: addressesMachine,
  },
  {
    file: 'request',
    title: 'Request',
    summary:
      'A request is queued, sent, receives Results, and succeeds, fails, times out or is cancelled: exactly one of them.',
    machine: requestMachine,
  },
  {
    file: 'server',
    title: 'Server',
    summary: 'A server starts, listens, and stops: its listener closes while its connections drain or are closed.',
    machine: serverMachine,
  },
  {
    file: 'session',
    title: 'Session',
    summary:
      'A session introduces the server, asks whether its client may come in, serves Commands, drains, ends, and is closed.',
    machine: sessionMachine,
  },
  {
    file: 'channel',
    title: 'Channel',
    summary:
      'A channel reads how the server introduces itself where it is the end of a client, is open for frames, writes what waits before its goodbye, and is over.',
    machine: channelMachine,
  },
  {
    file: 'workers',
    title: 'Workers',
    summary:
      'Workers start, serve, are replaced one by one, and drain or close until none is left, or fail where they die too often.',
    machine: workersMachine,
  },
  {
    file: 'worker',
    title: 'Worker',
    summary:
      'A worker forks a process that listens and serves, waits before it starts another where one dies, drains, closes, and is gone.',
    machine: workerMachine,
  },
];
