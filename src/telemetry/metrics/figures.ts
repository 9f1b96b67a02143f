import type { WalkedEdge } from '../../base/edge-counts.ts';
import type { SenderFigures, ServerFigures } from '../telemetry.ts';
import type { Attributes, MetricFamily, Point } from './family.ts';

/** What has been counted beside calls, and how things stand. */
export interface Figures {
  readonly senders: readonly SenderFigures[];
  readonly servers: readonly ServerFigures[];
  readonly attempts: readonly Point[];
  readonly disconnections: readonly Point[];
  readonly accepted: number;
  readonly refused: readonly Point[];
  readonly lost: readonly Point[];
  readonly edges: readonly WalkedEdge[];
}

/** The states of clients and breakers, so that one that nothing is in shows as 0 and not as a gap. */
const CLIENT_STATES = ['connecting', 'ready', 'reconnecting', 'draining', 'closed'];
const BREAKER_STATES = ['closed', 'open', 'half-open'];

/** The families that are the library's own. */
export function figureFamilies(figures: Figures): MetricFamily[] {
  return [...clientFamilies(figures), ...serverFamilies(figures), transitions(figures)];
}

function clientFamilies({ senders, attempts, disconnections }: Figures): MetricFamily[] {
  const states = senders.flatMap(({ clients }) => clients);
  const breakers = senders.flatMap(({ circuitBreaker }) => circuitBreaker ?? []);
  const total = (figure: 'pending' | 'waiting' | 'bufferedBytes') =>
    senders.length === 0 ? [] : [point(senders.reduce((sum, sender) => sum + sender[figure], 0))];
  return [
    gauge('cmd_stream.client.connections', '{connection}', 'Clients of senders, by their state.', [
      ...(senders.length === 0 ? [] : byState('cmd_stream.state', CLIENT_STATES, states)),
    ]),
    counter('cmd_stream.client.connection.attempts', '{attempt}', 'Dials that are through, by outcome.', attempts),
    counter(
      'cmd_stream.client.disconnections',
      '{connection}',
      'Connections that ended, by reason; closed: the server has said goodbye.',
      disconnections,
    ),
    gauge('cmd_stream.client.pending', '{command}', 'Commands that wait for Results.', total('pending')),
    gauge('cmd_stream.client.waiting', '{command}', 'Commands that wait to be sent.', total('waiting')),
    gauge('cmd_stream.client.buffered', 'By', 'Bytes that wait to be written.', total('bufferedBytes')),
    gauge('cmd_stream.client.circuit_breakers', '{breaker}', 'Circuit breakers, by their state.', [
      ...(breakers.length === 0 ? [] : byState('cmd_stream.state', BREAKER_STATES, breakers)),
    ]),
  ];
}

function serverFamilies({ servers, accepted, refused, lost }: Figures): MetricFamily[] {
  const total = (figure: keyof ServerFigures) =>
    servers.length === 0 ? [] : [point(servers.reduce((sum, server) => sum + server[figure], 0))];
  return [
    gauge('cmd_stream.server.connections', '{connection}', 'Connections of servers.', total('connections')),
    counter('cmd_stream.server.connections.accepted', '{connection}', 'Connections accepted.', [
      ...(servers.length === 0 && accepted === 0 ? [] : [point(accepted)]),
    ]),
    counter('cmd_stream.server.connections.refused', '{connection}', 'Connections refused, by reason.', refused),
    counter('cmd_stream.server.connections.lost', '{connection}', 'Connections that clients ended, by reason.', lost),
    gauge('cmd_stream.server.in_flight', '{command}', 'Commands that are being executed.', total('inFlight')),
    gauge('cmd_stream.server.held', 'By', 'Memory that connections hold.', total('heldBytes')),
  ];
}

/** Their number is bounded by the charts, and those that were never taken are left out. */
function transitions({ edges }: Figures): MetricFamily {
  const points = edges.map(({ chart, from, event, to, count }) => point(count, { chart, from, event, to }));
  return counter('cmd_stream.transitions', '{transition}', 'Transitions of statecharts that were taken.', points);
}

function byState(attribute: string, known: readonly string[], states: readonly string[]): Point[] {
  const names = new Set([...known, ...states]);
  return [...names].map((name) => point(states.filter((state) => state === name).length, { [attribute]: name }));
}

function point(value: number, attributes: Attributes = {}): Point {
  return { attributes, value };
}

function gauge(name: string, unit: string, description: string, points: readonly Point[]): MetricFamily {
  return { name, unit, description, kind: 'gauge', points };
}

function counter(name: string, unit: string, description: string, points: readonly Point[]): MetricFamily {
  return { name, unit, description, kind: 'counter', points };
}
