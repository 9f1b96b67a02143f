import type { SessionLink } from '../../../machines/session.ts';

/** Of a server that shuts down: so long no Command may have come, and so long it turns them away. */
export const QUIET_MS = 250;
const QUIET_TIMEOUT_MS = 1_000;

/** What can happen, besides time. */
export const COMES = 'a Command comes';
export const TURNED_AWAY = 'a Command comes, and is not executed';
/** Before the client has come in. */
export const WAITS = 'a Command comes, and waits';
export const HELLO = 'the client says who it is';
export const HELLO_UNREAD = 'the client says who it is, and nobody reads it yet';
export const PING = 'the client pings';
export const CANCEL = 'the client gives up its Command';
export const UNTOLD = 'the handler fails, and the client cannot be told';
export const UNTOLD_AND_CLOSE = `${UNTOLD}, and the operator closes`;
export const MAY = 'the client may come in';
export const MAY_AND_DRAIN = `${MAY}, and the operator shuts down`;
export const MAY_AND_CLOSE = `${MAY}, and the operator closes`;
export const MAY_NOT = 'the client may not come in';

/** Knowledge of the doubles, and what was told to whom. */
export interface SessionWorld {
  /** How many handlers are running. */
  running: number;
  /** How many pieces of what the server has written wait until the client reads. */
  writing: number;
  executed: number;
  /** How many Commands came that were not executed any more, and how long it is since the last one came; up to what matters. */
  turnedAway: number;
  quietMs: number;
  /** Since when they are turned away; up to what matters. */
  awayMs: number;
  /** Whether the client has been told who serves it, and whether it has said who it is. */
  introduced: boolean;
  greeted: boolean;
  /** What it said in place of that, before it had come in; and what it has said since, which nobody reads yet. */
  early: 'nothing' | 'Ping' | 'Command';
  unread: 'nothing' | 'HELLO' | 'Command';
  /** Whether the only Command that is running can be given up, or was. */
  cancel: 'cannot' | 'can' | 'was';
  /** Frames for the client, in order: those of this turn, which a connection that is cut off takes along, and those of before. */
  sent: string[];
  unsent: string[];
  /** Who it was that was asked about. */
  asked: string[];
  /** How many times the operator was told that the client has come in. */
  admitted: number;
  /** Why the signal of the running handler fired; nothing while it did not. */
  aborted: string | undefined;
  lost: (string | undefined)[];
  /** Whether the operator was told that the client may not come in. */
  refused: boolean;
  gone: boolean;
}

export interface SessionSetting {
  /** What the server does in the very moment in which the connection comes. */
  readonly atOnce: 'serves' | 'shuts down' | 'closes';
  /** Whether it asks of each client whether it may come in. */
  readonly asks: boolean;
  /** Whether it has clients of Go: it offers no wire extension, and sends no error Results. */
  readonly goClients: boolean;
  /** Whether the client has the wire extension. */
  readonly greets: boolean;
  /** How long its connection may last, and what is in flight then; none: for ever. */
  readonly ages: { readonly inMs: number; readonly graceMs: number } | undefined;
  /** Whether the client reads as slowly as the test wants. */
  readonly slow: boolean;
}

/** The world at first. */
export function firstWorld({ atOnce, slow }: SessionSetting): SessionWorld {
  return {
    writing: slow ? 1 : 0,
    running: 0,
    executed: 0,
    turnedAway: 0,
    awayMs: 0,
    quietMs: atOnce === 'shuts down' ? 0 : QUIET_MS,
    introduced: false,
    greeted: false,
    early: 'nothing',
    unread: 'nothing',
    cancel: 'cannot',
    sent: [],
    unsent: [],
    asked: [],
    admitted: 0,
    aborted: undefined,
    lost: [],
    refused: false,
    gone: false,
  };
}

/** The client is asked about. */
export function started(world: SessionWorld): void {
  world.asked.push(world.greeted ? 'somebody' : 'nobody');
}

/** Time passes. */
export function pass(world: SessionWorld, ms: number): void {
  world.quietMs = Math.min(world.quietMs + ms, QUIET_MS);
  world.awayMs = Math.min(world.awayMs + ms, QUIET_TIMEOUT_MS);
}

/** What a stimulus changes, before the machine sees it. */
export function happen(world: SessionWorld, what: string, slow: boolean): void {
  flush(world);
  if (what === 'shut down') Object.assign(world, { quietMs: 0, awayMs: 0 });
  if (what === COMES) execute(world);
  if (what === WAITS) Object.assign(world, world.asked.length === 0 ? { early: 'Command' } : { unread: 'Command' });
  if (what === PING) world.early = 'Ping';
  if (what === HELLO_UNREAD) world.unread = 'HELLO';
  if (what === TURNED_AWAY) turnAway(world);
  if (what.startsWith(MAY)) comeIn(world, what);
  if (what === CANCEL) {
    world.cancel = 'was';
    world.aborted ??= 'cancelled';
  }
  if (what === 'the handler answers') {
    if (!slow) world.unsent.push(world.cancel === 'was' && world.running === 1 ? 'ENDED' : 'Result');
    if (--world.running === 0) world.cancel = 'cannot';
    if (slow) world.writing++;
  }
  if (what === 'the client reads what there is') world.writing--;
}

/** What the client has sent before it came in is looked at: at once, as long as there is anybody who does. */
function comeIn(world: SessionWorld, what: string): void {
  const { early, unread, greeted } = world;
  const drains = what === MAY_AND_DRAIN;
  Object.assign(world, { early: 'nothing', unread: 'nothing' });
  if (drains) Object.assign(world, { quietMs: 0, awayMs: 0 });
  if (what === MAY_AND_CLOSE || (drains && greeted)) return;
  if (early === 'Ping') world.unsent.push('Pong');
  if (early !== 'Command' && unread !== 'Command') return;
  if (drains) turnAway(world);
  else execute(world);
}

/** A Command comes that is executed. */
function execute(world: SessionWorld): void {
  Object.assign(world, { running: world.running + 1, executed: world.executed + 1, quietMs: 0 });
  if (world.running === 1) world.cancel = world.greeted ? 'can' : 'cannot';
}

/** A Command comes that is not. */
function turnAway(world: SessionWorld): void {
  Object.assign(world, { turnedAway: world.turnedAway + 1, quietMs: 0 });
  if (!world.greeted) world.unsent.push('error Result');
}

/** What was written in this turn is on its way. */
function flush(world: SessionWorld): void {
  world.sent.push(...world.unsent.splice(0));
}

/** The link of a session, as its doubles have it. */
export function linkOf(world: () => SessionWorld, { goClients, slow }: SessionSetting): SessionLink {
  const tell = (frame: string) => {
    // Of a slow client it depends on what it has read.
    if (!slow) world().unsent.push(frame);
  };
  return {
    authorize: () => {},
    reportRefused: () => {
      world().refused = true;
      if (world().greeted) tell('WELCOME, refused');
    },
    introduce: () => {
      if (!world().introduced) tell('ServerInfo');
      world().introduced = true;
    },
    isGreeted: () => world().greeted,
    welcome: () => tell('WELCOME'),
    admit: () => {
      world().admitted++;
    },
    startAge: () => {},
    stopAge: () => {},
    reportOverstayed: () => {
      world().aborted ??= 'connection-lost';
      world().lost.push('connection-lost');
    },
    sayGoodbye: () => {
      if (world().greeted) tell('GOODBYE');
    },
    sendAway: () => {
      if (world().greeted) tell('GOODBYE');
    },
    isBusy: () => world().running > 0,
    isWriting: () => world().writing > 0,
    quietInMs: () => {
      if (goClients || world().greeted) return 0;
      return Math.min(QUIET_MS - world().quietMs, QUIET_TIMEOUT_MS - world().awayMs);
    },
    end: () => flush(world()),
    destroy: () => {
      world().unsent = [];
    },
    abandon: (error) => {
      if (world().running > 0) world().aborted ??= (error as { code?: string } | undefined)?.code ?? 'closed';
    },
    reportLost: (error) => void world().lost.push((error as { code?: string } | undefined)?.code),
    forget: () => {
      world().gone = true;
    },
  };
}
