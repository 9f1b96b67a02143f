import { clientMachine } from '../../machines/client.ts';
import { type ClientScenario, type ClientWorld, clientScenario, rememberedByClient } from './support/client-model.ts';
import { openClient, seenOfClient, triedWithClient } from './support/client-stage.ts';
import { testMachine } from './support/suite.ts';

const two = ['a:1', 'b:1'];

testMachine<ClientWorld>({
  name: 'client',
  machine: clientMachine,
  scenarios: [
    clientScenario('one address, soon stable', { stableMs: 10 }),
    clientScenario('two addresses, stable while pinging', { stableMs: 45, addresses: two }),
    clientScenario('stable while overdue', { stableMs: 50.5 }),
    clientScenario('no second connection', {
      stableMs: 1_000,
      keepaliveTimeMs: 900,
      pingTimeoutMs: 200,
      addresses: two,
      reconnect: false,
    }),
    clientScenario('a client that stands alone', { stableMs: 10, alone: true }),
  ],
  open: (scenario) => openClient(scenario as ClientScenario),
  seen: seenOfClient,
  tried: triedWithClient,
  remembered: rememberedByClient,
  equivalent: {
    'connected.ready.overdue: after oneTurn [isQuiet]: leads to connected.ready.pinging':
      'the Ping goes to a connection that the same step closes, before anything of it is written',
  },
});
