import type { WalkedEdge } from '../../base/edge-counts.ts';
import { nameAttribute } from '../attributes.ts';
import type { SenderFigures, ServerFigures } from '../telemetry.ts';
import type { Attributes, MetricFamily, Point } from './family.ts';

/** Name of a sender or server, beside its figures. */
interface Named {
  readonly name: string | undefined;
}

/** What has been counted beside calls, and how things stand. */
export interface Figures {
  readonly senders: readonly (SenderFigures & Named)[];
  readonly servers: readonly (ServerFigures & Named)[];
  readonly attempts: readonly Point[];
  readonly disconnections: readonly Point[];
  readonly accepted: readonly Point[];
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
  const groups = byName(senders);
  const withBreakers = byName(senders.filter(({ circuitBreaker }) => circuitBreaker !== undefined));
  const total = (figure: 'pending' | 'waiting' | 'bufferedBytes') => totals(groups, (sender) => sender[figure]);
  return [
    gauge(
      'cmd_stream.client.connections',
      '{connection}',
      'Clients of senders, by their state.',
      groups.flatMap((group) => byState(CLIENT_STATES, group, ({ clients }) => clients)),
    ),
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
    gauge(
      'cmd_stream.client.circuit_breakers',
      '{breaker}',
      'Circuit breakers, by their state.',
      withBreakers.flatMap((group) => byState(BREAKER_STATES, group, ({ circuitBreaker }) => circuitBreaker ?? [])),
    ),
  ];
}

function serverFamilies({ servers, accepted, refused, lost }: Figures): MetricFamily[] {
  const groups = byName(servers);
  const total = (figure: keyof ServerFigures) => totals(groups, (server) => server[figure]);
  return [
    gauge('cmd_stream.server.connections', '{connection}', 'Connections of servers.', total('connections')),
    counter('cmd_stream.server.connections.accepted', '{connection}', 'Connections accepted.', accepted),
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

/** Those of one name together. */
function byName<One extends Named>(all: readonly One[]): (readonly One[])[] {
  const groups = new Map<string | undefined, One[]>();
  for (const one of all) {
    const group = groups.get(one.name);
    if (group === undefined) groups.set(one.name, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** The sum of a figure, for each name. */
function totals<One extends Named>(groups: readonly (readonly One[])[], read: (one: One) => number): Point[] {
  return groups.map((group) =>
    point(
      group.reduce((sum, one) => sum + read(one), 0),
      nameAttribute(group[0]?.name),
    ),
  );
}

/** How many are in each state, of those of one name. */
function byState<One extends Named>(
  known: readonly string[],
  group: readonly One[],
  read: (one: One) => string | readonly string[],
): Point[] {
  const states = group.flatMap(read);
  const own = nameAttribute(group[0]?.name);
  const names = new Set([...known, ...states]);
  return [...names].map((state) =>
    point(states.filter((each) => each === state).length, { 'cmd_stream.state': state, ...own }),
  );
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
