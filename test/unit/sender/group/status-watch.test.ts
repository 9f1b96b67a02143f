import { expect, it } from 'vitest';
import type { ClientStatus, GroupStatus } from '../../../../src/sender/group/status.ts';
import { StatusWatch } from '../../../../src/sender/group/status-watch.ts';

const client = (id: number, change: Partial<ClientStatus> = {}): ClientStatus => ({
  type: 'client',
  id,
  state: 'ready',
  address: 'a:1',
  attempt: 0,
  delayMs: 0,
  error: undefined,
  ...change,
});
const group = (clients: ClientStatus[], change: Partial<GroupStatus> = {}): GroupStatus => ({
  type: 'group',
  name: undefined,
  state: 'ready',
  ready: clients.length,
  size: clients.length,
  clients,
  error: undefined,
  ...change,
});

function watch(status: GroupStatus) {
  const told: (GroupStatus | ClientStatus)[] = [];
  const now = { status, react: () => {} };
  const watching = new StatusWatch(
    () => now.status,
    (change) => {
      told.push(change);
      now.react();
    },
  );
  return { told, now, look: () => watching.look() };
}

it('a look at which nothing has changed tells nothing', () => {
  const { told, now, look } = watch(group([client(0), client(1)]));
  now.status = group([client(0), client(1)]);
  look();
  expect(told).toEqual([]);
});

it.each<[keyof ClientStatus, Partial<ClientStatus>]>([
  ['state', { state: 'reconnecting' }],
  ['address', { address: 'b:2' }],
  ['attempt', { attempt: 1 }],
  ['delayMs', { delayMs: 7 }],
  ['error', { error: new Error('lost') }],
])('a client whose %s has changed is told of', (_, change) => {
  const { told, now, look } = watch(group([client(0), client(1)]));
  now.status = group([client(0), client(1, change)]);
  look();
  look();
  expect(told).toEqual([client(1, change)]);
});

it('the group is told of after its clients', () => {
  const { told, now, look } = watch(group([client(0), client(1)]));
  now.status = group([client(0, { state: 'closed' }), client(1)], { state: 'degraded', ready: 1 });
  look();
  expect(told.map((change) => [change.type, change.state])).toEqual([
    ['client', 'closed'],
    ['group', 'degraded'],
  ]);
});

it('what a listener causes is told after what it was told of', () => {
  const { told, now, look } = watch(group([client(0), client(1)]));
  now.react = () => {
    now.react = () => {};
    now.status = group([client(0, { state: 'closed' }), client(1, { state: 'closed' })], { state: 'closed', ready: 0 });
    look();
  };
  now.status = group([client(0, { state: 'draining' }), client(1)], { state: 'draining', ready: 1 });
  look();
  expect(told.map((change) => [change.type, change.state])).toEqual([
    ['client', 'draining'],
    ['group', 'draining'],
    ['client', 'closed'],
    ['client', 'closed'],
    ['group', 'closed'],
  ]);
});
