import { connectionMachine } from '../../machines/connection.ts';
import {
  type ConnectionScenario,
  type ConnectionWorld,
  connectionScenario,
  rememberedByConnection,
  seenOfConnection,
} from './support/connection-model.ts';
import { openConnection } from './support/connection-stage.ts';
import { wide } from './support/model.ts';
import { testMachine } from './support/suite.ts';

testMachine<ConnectionWorld>({
  name: 'connection',
  machine: connectionMachine,
  scenarios: [
    connectionScenario('Commands and a slow link', { commands: 1, much: true }),
    connectionScenario('a process that stands still', { stands: true }),
    connectionScenario('Pings in close order', { keepaliveTimeMs: 60, pongs: 1 }),
    connectionScenario('streams that are left', { streams: 2 }),
    wide(
      connectionScenario('Commands that are given up', {
        commands: 1,
        streams: 1,
        givesUp: true,
        keepaliveTimeMs: Number.POSITIVE_INFINITY,
      }),
    ),
    connectionScenario('a server that shuts down', {
      commands: 1,
      ends: true,
      keepaliveTimeMs: Number.POSITIVE_INFINITY,
    }),
    connectionScenario('a server that tells of the ends of what is given up', {
      commands: 1,
      givesUp: true,
      greets: true,
      keepaliveTimeMs: Number.POSITIVE_INFINITY,
    }),
    connectionScenario('a server that says which Commands it has taken when it shuts down', {
      commands: 1,
      ends: true,
      greets: true,
      keepaliveTimeMs: Number.POSITIVE_INFINITY,
    }),
    connectionScenario('a user who closes the client when a Command fails', { commands: 1, closes: true }),
  ],
  open: (scenario) => openConnection(scenario as ConnectionScenario),
  seen: seenOfConnection,
  tried: ({ world }) => world.accepting,
  remembered: rememberedByConnection,
  equivalent: Object.fromEntries(
    [
      'finishing: always [isSettled]',
      'finishing: pending.settled',
      'retired.late: always [hasNothingLate]',
      'retired.late: late.settled',
      'retired.late: after lateTime',
      'leaving: always [isSettled]',
      'leaving: pending.settled',
    ].map((transition) => [
      `open.use.${transition}: leads to over`,
      'nothing is pending, so that nobody who is told of its end could do anything before its client is told',
    ]),
  ),
});
