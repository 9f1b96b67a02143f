import { clientMachine } from '../../machines/client.ts';
import { type ClientScenario, type ClientWorld, clientScenario, rememberedByClient } from './support/client-model.ts';
import { openClient, seenOfClient, triedWithClient } from './support/client-stage.ts';
import { wide } from './support/model.ts';
import { testMachine } from './support/suite.ts';

const two = ['a:1', 'b:1'];

testMachine<ClientWorld>({
  name: 'client',
  machine: clientMachine,
  scenarios: [
    clientScenario('one address, soon stable', { stableMs: 10 }),
    wide(clientScenario('two addresses, stable while another is dialled', { stableMs: 10, addresses: two })),
    clientScenario('servers that shut down', { stableMs: 10, ends: true }),
    clientScenario('servers that are told who the client is', { stableMs: 10, greets: true }),
    clientScenario('no second connection, and a server that shuts down', {
      stableMs: 10,
      alone: true,
      reconnect: false,
      ends: true,
      connections: 1,
    }),
    wide(
      clientScenario('no second connection', {
        stableMs: 10,
        addresses: two,
        reconnect: false,
        alone: true,
        connections: 2,
      }),
    ),
    wide(
      clientScenario('a client that stands alone, and may retire one connection', {
        stableMs: 10,
        alone: true,
        maxRetired: 1,
        connections: 3,
      }),
    ),
  ],
  open: (scenario) => openClient(scenario as ClientScenario),
  seen: seenOfClient,
  tried: triedWithClient,
  remembered: rememberedByClient,
  equivalent: {
    ...Object.fromEntries(
      [
        '(root): client.drain [hasNone]: leads to draining',
        '(root): client.drain [hasNone]: leads to ending',
        'draining: always [hasNone]: leads to ending',
      ].map((mutant) => [mutant, 'that is over in the same step, since there is no connection']),
    ),
  },
});
