import { groupMachine } from '../../machines/group.ts';
import { type GroupScenario, type GroupWorld, groupScenario, rememberedByGroup } from './support/group-model.ts';
import { openGroup, seenOfGroup, triedWithGroup } from './support/group-stage.ts';
import { testMachine } from './support/suite.ts';

testMachine<GroupWorld>({
  name: 'group',
  machine: groupMachine,
  scenarios: [
    groupScenario('two clients', 2, true),
    groupScenario('two clients without a second connection', 2, false),
    groupScenario('one client', 1, true),
    groupScenario('one client without a second connection', 1, false),
  ],
  open: (scenario) => openGroup(scenario as GroupScenario),
  seen: seenOfGroup,
  tried: triedWithGroup,
  remembered: rememberedByGroup,
  equivalent: {
    '(root): client.changed: without hurryOthers':
      'clients that are told dial sooner: seen with the client itself, and in the unit tests of the group',
    '(root): addresses.changed: is gone':
      'clients that are told stay in the same phase while they dial the other address: seen with the client itself',
    '(root): addresses.changed: without tellAddresses':
      'clients that are told stay in the same phase while they dial the other address: seen with the client itself',
    'draining: entry without limitDraining':
      'a client limits its own draining by the same time, and its timer comes first; the limit is there for other clients',
    'draining: group.drain: is gone':
      'entering again drains clients that are draining, who do not listen, and limits it as the transition does',
  },
});
