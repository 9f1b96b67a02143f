import type { AnyEventObject } from 'xstate';
import type { ClientPhase } from '../../../machines/client.ts';
import type { GroupContext } from '../../../machines/group.ts';
import { codeOf } from './client-model.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';

/** What the doubles know beyond the phases, which the group itself knows: where a Command waits for its Result. */
export interface GroupWorld {
  waitingAt: number;
}

/** A setting of groups. */
export interface GroupScenario extends Scenario<GroupWorld> {
  readonly clients: number;
  readonly reconnect: boolean;
}

/** How long a drain may take that the user asks for; and one that comes later and is to be over sooner. */
export const DRAIN_MS = 70;
export const SOONER_MS = 20;

/** A group of so many clients. */
export function groupScenario(name: string, clients: number, reconnect: boolean): GroupScenario {
  return {
    name,
    clients,
    reconnect,
    world: { waitingAt: -1 },
    input: () => ({
      clients: Array.from({ length: clients }, (_, id) => ({ id, link: {}, timings: {}, reconnect, random: () => 0 })),
      nameOf: (id: number) => `client ${id}`,
    }),
    begin: Array.from({ length: clients }, (_, id) => changed(id, 'connecting')),
    stimuli: (state) => stimuliOf(state, reconnect),
    follows: ({ snapshot: { context } }, { type }) =>
      type === 'group.close' ? openOf(context).map((id) => closed(id)) : [],
    happen(world, { name: what }) {
      if (what.endsWith('gets a Command')) world.waitingAt = Number(what.split(' ')[1]);
      // What ends, ends what waits there.
      if (what.endsWith('answers') || what.endsWith('is reset')) {
        if (Number(what.split(' ')[1]) === world.waitingAt) world.waitingAt = -1;
      }
      if (what.startsWith('close')) world.waitingAt = -1;
    },
    // The client that has something to wait for limits that by itself, just before its group does.
    timersOf: ({ name: what }, { waitingAt }) =>
      what === 'drain' && waitingAt >= 0 ? [{ id: 'client', event: closed(waitingAt), inMs: DRAIN_MS }] : [],
    key: ({ snapshot, world, timers }) => [
      (snapshot.context as GroupContext).phases,
      world.waitingAt,
      timers.map(({ event, inMs }) => [event.type, inMs]),
    ],
  };
}

/** What can happen where a group stands, and what its clients tell it then. */
function stimuliOf({ snapshot, world, timers }: ModelState<GroupWorld>, reconnect: boolean): Stimulus[] {
  if (snapshot.status !== 'active') return [];
  const { phases } = snapshot.context as GroupContext;
  const { waitingAt } = world;
  const open = openOf(snapshot.context);
  const close = { type: 'group.close' };
  const closing = open.map((id) => closed(id));
  const stimuli: Stimulus[] = [{ name: 'close', event: close, follow: closing }];
  if (waitingAt >= 0) {
    // The hook of a send that fails because of it.
    const drain = { type: 'group.drain', timeoutMs: DRAIN_MS };
    stimuli.push({ name: 'close, and once more from a hook', event: close, follow: [close, ...closing] });
    stimuli.push({ name: 'close, and drain from a hook', event: close, follow: [drain, ...closing] });
  }
  if (snapshot.value === 'draining') {
    if (timers.length < 3) stimuli.push({ name: 'drain sooner', event: { type: 'group.drain', timeoutMs: SOONER_MS } });
  } else {
    const isInUse = (id: number) => phases[id] === 'ready';
    const told = open.flatMap((id) => [
      ...(isInUse(id) ? [changed(id, 'draining')] : []),
      ...(isInUse(id) && id === waitingAt ? [] : [closed(id)]),
    ]);
    stimuli.push({ name: 'drain', event: { type: 'group.drain', timeoutMs: DRAIN_MS }, follow: told });
    stimuli.push({ name: 'the addresses change', event: { type: 'addresses.changed' }, follow: open.flatMap(moved) });
  }
  stimuli.push(...phases.flatMap(ofClient));
  return stimuli;

  function moved(id: number): AnyEventObject[] {
    // One that is ready stays so until it is connected to another.
    return phases[id] === 'connecting' ? [changed(id, 'connecting')] : [];
  }

  function ofClient(phase: ClientPhase, id: number): Stimulus[] {
    const it = `client ${id}`;
    const lost = reconnect ? changed(id, 'reconnecting', 'protocol-error') : closed(id, 'protocol-error');
    const answers = (event: AnyEventObject | undefined) => ({ name: `${it} answers`, event });
    switch (phase) {
      case 'connecting':
      case 'reconnecting': {
        const failed = reconnect ? changed(id, 'reconnecting', 'connect-failed') : closed(id, 'connect-failed');
        return [
          { name: `${it} is connected`, event: changed(id, 'ready') },
          { name: `${it} finds nobody`, event: failed },
          {
            name: `${it} finds another server`,
            event: reconnect ? changed(id, 'reconnecting', 'server-info-mismatch') : closed(id, 'server-info-mismatch'),
          },
        ];
      }
      case 'ready': {
        const reset = { name: `${it} is reset`, event: lost };
        if (id === waitingAt) return [reset, answers(undefined)];
        return waitingAt < 0 ? [reset, { name: `${it} gets a Command` }] : [reset];
      }
      case 'draining':
        return [{ name: `${it} is reset`, event: closed(id) }, answers(closed(id))];
      case 'closed':
        return [];
    }
  }
}

const openOf = ({ phases }: GroupContext) => phases.flatMap((phase, id) => (phase === 'closed' ? [] : [id]));

const failure = (code: string | undefined) =>
  code === undefined ? undefined : Object.assign(new Error(code), { code });

const changed = (id: number, phase: ClientPhase, code?: string): AnyEventObject => ({
  type: 'client.changed',
  id,
  phase,
  error: failure(code),
});

const closed = (id: number, code?: string): AnyEventObject => ({
  type: `xstate.done.actor.client ${id}`,
  output: { id, error: failure(code) },
});

/** What of a group's memory counts. */
export const rememberedByGroup = ({ phases, errors, error }: GroupContext) => ({
  phases,
  errors: errors.map(codeOf),
  error: codeOf(error),
});
