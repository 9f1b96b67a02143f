import { getEventListeners } from 'node:events';
import { type CmdStreamError, createSender, type SenderOptions } from 'cmd-stream';
import type { RequestEvent, RequestLink } from '../../../machines/request.ts';
import { requestMachine } from '../../../machines/request.ts';
import { calc, TICK } from '../../e2e/support/calc.ts';
import { codeOf } from './client-model.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';
import { Network, Stage } from './network.ts';
import type { Play } from './replay.ts';
import type { Production } from './suite.ts';
import { Inspector } from './taken.ts';

const TURNED_AWAY = 'the server turns it away';
const NEVER_MS = 1_000_000;
const TIMEOUT_MS = 500;

/** What the doubles know: the Results that the caller has not taken, and what its hooks and it are told. */
interface World {
  kept: number[];
  received: number;
  told: string[];
  ending: string;
  held: boolean;
  carried: boolean;
  turnedAway: boolean;
  /** Whether a server may have executed it. */
  sent: boolean;
}

const scenario: Scenario<World> = {
  name: 'a send with several Results, of which one may wait',
  world: {
    kept: [],
    received: 0,
    told: [],
    ending: 'waits',
    held: true,
    carried: false,
    turnedAway: false,
    sent: false,
  },
  input: (world) => ({ link: linkOf(world) }),
  stimuli,
  happen(world, { name: what }) {
    if (what === 'a server comes') Object.assign(world, { carried: true, sent: true });
    // The client has let go of a Command by itself when its last Result or the end of its connection came.
    if (what === 'the last Result comes' || what === 'the connection is reset') world.carried = false;
    if (what === TURNED_AWAY) Object.assign(world, { carried: false, turnedAway: true });
    if (what.endsWith('Result comes')) world.received++;
    if (what === 'the caller takes a Result') world.kept.shift();
  },
  key: ({ world: { kept, turnedAway } }) => [kept.length, turnedAway],
  aspect: ({ world: { kept } }) => `${kept.length} kept`,
};

function stimuli({ snapshot, world }: ModelState<World>): Stimulus[] {
  const take = world.kept.length > 0 ? [{ name: 'the caller takes a Result' }] : [];
  if (snapshot.status !== 'active') return take;
  const all: Stimulus[] = [
    ...take,
    { name: 'the deadline passes', event: { type: 'deadline.reached' } },
    { name: 'the caller cancels', event: { type: 'caller.cancelled', error: errorOf('cancelled') } },
    { name: 'the sender is closed', event: { type: 'request.failed', error: errorOf('closed') } },
  ];
  if (snapshot.value === 'queued') return [...all, { name: 'a server comes', event: { type: 'command.sent' } }];
  const result = { type: 'result.received', resultType: 'Tick', value: world.received + 1, size: 1, weight: 1 };
  if (snapshot.value === 'sent' && !world.turnedAway)
    all.push({ name: TURNED_AWAY, event: { type: 'command.returned' } });
  return [
    ...all,
    { name: 'a Result comes', event: { ...result, last: false } },
    { name: 'the last Result comes', event: { ...result, last: true } },
    { name: 'the connection is reset', event: { type: 'request.failed', error: errorOf('connection-lost') } },
  ];
}

function linkOf(world: () => World): RequestLink {
  const end = (hook: string, code: string) => {
    world().told.push(`${hook} ${code}${world().sent ? ', perhaps executed' : ''}`);
    world().ending = code;
  };
  return {
    isFull: () => world().kept.length > 0,
    deliver: (event: RequestEvent) => {
      if (event.type !== 'result.received') return;
      world().kept.push(event.value as number);
      world().told.push(`onResult ${event.value}`);
    },
    release: () => {
      world().held = false;
      world().carried = false;
    },
    recall: () => {
      Object.assign(world(), { carried: false, sent: false });
    },
    succeed: () => {
      world().ending = 'end';
    },
    fail: (event) => end('onError', event.type === 'request.failed' ? (codeOf(event.error) ?? '') : 'result-overflow'),
    timeOut: () => end('onTimeout', 'timeout'),
    cancel: () => end('onCancel', 'cancelled'),
  };
}

const errorOf = (code: string) => Object.assign(new Error(code), { code });

/** What a hook hears of an error. */
const said = ({ code, mayHaveExecuted }: CmdStreamError) => `${code}${mayHaveExecuted ? ', perhaps executed' : ''}`;

/** A send over the in-memory transport, by a sender whose server comes later. */
async function open(create: typeof createSender, inspector: Inspector | undefined): Promise<Play> {
  const stage = new Stage();
  const network = new Network(stage);
  const told: string[] = [];
  const inspection: SenderOptions | object = inspector === undefined ? {} : { inspect: inspector.inspect };
  const sender = await create(calc, {
    address: 'a:1',
    transport: network,
    clock: stage.clock,
    defer: stage.defer,
    lazy: true,
    keepalive: false,
    handshakeTimeoutMs: NEVER_MS,
    reconnect: { resetAfterMs: NEVER_MS },
    maxBufferedResults: 1,
    whenSlow: 'fail',
    hooks: () => ({
      onResult: (_, { value }) => told.push(`onResult ${(value as { n: number }).n}`),
      onError: (_, error) => told.push(`onError ${said(error)}`),
      onTimeout: (_, error) => told.push(`onTimeout ${said(error)}`),
      onCancel: (_, error) => told.push(`onCancel ${said(error)}`),
    }),
    ...inspection,
  });
  const caller = new AbortController();
  const { signal } = caller;
  const results = sender.sendMulti(calc.Countdown({ from: 9 }), { signal, timeoutMs: TIMEOUT_MS, waitForReady: true });
  await stage.settle();
  const actor = inspector?.find((id) => id.startsWith('request '));
  let received = 0;
  const result = async (last: boolean) => {
    // Results count as waiting when others come later, not with them.
    await stage.pass(1);
    network.peers.at(-1)?.result(network.peers.length, TICK, { n: ++received, last });
  };
  const acts: Record<string, () => unknown> = {
    'a server comes': async () => {
      network.dials()[0]?.accept();
      await stage.settle();
      network.peers.at(-1)?.introduce('default');
    },
    'a Result comes': () => result(false),
    'the last Result comes': () => result(true),
    'the caller takes a Result': () => results.next(),
    'the caller cancels': () => caller.abort(),
    'the deadline passes': () => stage.pass(TIMEOUT_MS),
    [TURNED_AWAY]: () => network.peers[0]?.error(1, 'closed'),
    'the connection is reset': () => network.peers.at(-1)?.stream.destroy(),
    'the sender is closed': () => void sender.close(),
  };
  return {
    actor,
    ...(inspector === undefined ? {} : { taken: () => inspector.take(actor) }),
    async cause({ stimulus: { name } }) {
      await acts[name]?.();
      await stage.settle();
    },
    look: () => ({
      told,
      carried: sender.group.has(network.peers.length, 0),
      held: getEventListeners(signal, 'abort').length > 0,
    }),
    /** What the caller gets who takes all that is left. */
    async tryOut() {
      const taken: unknown[] = [];
      for (;;) {
        let next: unknown = 'waits';
        results.next().then(
          ({ done, value }) => {
            next = done === true ? 'end' : value.n;
          },
          (error) => {
            next = codeOf(error);
          },
        );
        await stage.settle();
        taken.push(next);
        if (typeof next !== 'number') return taken;
      }
    },
    async end() {
      void sender.close();
      await stage.settle();
    },
  };
}

/** What both ways of running requests have in common. */
export const requests: Omit<Production<World>, 'name' | 'open'> = {
  machine: requestMachine,
  scenarios: [scenario],
  seen: ({ world: { told, carried, held } }) => ({ told, carried, held }),
  tried: ({ world: { kept, ending } }) => [...kept, ending],
};

/** With an inspector: as actors of XState's. */
export const openInspected = () => open(createSender, new Inspector());

/** As users have it: compiled. */
export const openCompiled = (create: typeof createSender = createSender) => open(create, undefined);
