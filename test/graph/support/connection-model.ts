import { type AnyMachineSnapshot, createEmptyActor } from 'xstate';
import type {
  ConnectionContext,
  ConnectionLink,
  ConnectionReport,
  ConnectionTimings,
} from '../../../machines/connection.ts';
import { codeOf } from './client-model.ts';
import type { ModelState, Scenario, Stimulus } from './model.ts';

/** What a connection's doubles know: what went over the wire, and the one Command of the test. */
export interface ConnectionWorld {
  open: boolean;
  accepting: boolean;
  isAddressCurrent: boolean;
  command: 'none' | 'waiting' | 'answered' | 'connection-lost' | 'returned';
  /** What the peer was told by the wire extension. */
  told: string[];
  /** Streams that the server works on for nobody. */
  abandoned: number;
  /** Commands that were given up before their first Result. */
  unanswered: number;
  /** How often each thing happened that is bounded. */
  sent: number;
  left: number;
  leftMany: boolean;
  gaveUpMany: boolean;
  /** Since then; up to what matters. */
  givenUpMs: number;
  /** Since it was opened, since the peer was last seen to read, since bytes were last sent; up to what matters. */
  aliveMs: number;
  unprovenMs: number;
  sinceSentMs: number;
  /** Since the last Ping; whether much has come since then, and whether a sign that the peer reads. */
  pingMs: number;
  muchSince: boolean;
  hasMuchCome: boolean;
  /** Whether the process has stood still, and how much longer a Pong may take since then. */
  hasStood: boolean;
  excusedMs: number;
  hasAnswered: boolean;
  pings: number;
  pongs: number;
  /** Which Pong answers the last Ping that is no repeated one. */
  awaitedPong: number;
  /** Bytes that were sent, and of them those that the peer has certainly read; how many lay ahead of the last Ping and came since. */
  sentBytes: number;
  readBytes: number;
  aheadBytes: number;
  backBytes: number;
  /** Sequence numbers: the last one, the lowest whose Result shows that the peer reads, what was sent before the last Ping. */
  seq: number;
  provingSeq: number;
  pingSeq: number;
  commandSeq: number;
  streamSeq: number;
  /** What the client was told. */
  reports: string[];
  /** Whether its peer has closed it as it should. */
  inOrder: boolean;
}

/** A setting of connections. */
export interface ConnectionScenario extends Scenario<ConnectionWorld> {
  readonly timings: ConnectionTimings;
  readonly may: Possible;
}

/** So many streams are left before it is urgent that another connection takes the place of theirs. */
export const MANY = 8;
/** How long another connection must not follow the one before, and how long a Ping's answer may take longer after much. */
const RENEWAL_MS = 100;
const LATE_MS = 300;
/** How long Commands that were given up have to be answered before another connection is to take the place of theirs. */
const SLOW_ANSWER_MS = 1_000;
const MUCH_MS = 101.5;
/** What takes so long on the slowest link: {@link MUCH_MS} at 64 KiB/s. */
export const MUCH_BYTES = 6_652;
/** For how long a process stands still: longer than a Pong may take. */
export const STANDSTILL_MS = 150;
/** What the slowest link takes in a millisecond; what a small Command takes. */
const BYTES_PER_MS = 65.536;
const COMMAND_BYTES = 10;

/** Of a peer that has the wire extension. */
export const NOT_TAKEN = 'the peer says goodbye, and has not taken the Command';
export const ENDED = 'it has come to its end';

const CLIENT = createEmptyActor();
const CLOSED = { type: 'connection.closed' };
const WORN = { type: 'connection.worn' };

/** What may happen to a connection in a setting, and how often. */
interface Possible {
  readonly commands?: number;
  readonly streams?: number;
  /** Whether many Commands may be given up before their first Result. */
  readonly givesUp?: boolean;
  readonly much?: boolean;
  /** Whether the process may stand still while a Pong is awaited. */
  readonly stands?: boolean;
  /** Whether the peer may say goodbye. */
  readonly ends?: boolean;
  /** Whether its peer has the wire extension: it is told what is given up, and tells when that has come to its end. */
  readonly greets?: boolean;
  /** Whether its user closes the client when the Command fails. */
  readonly closes?: boolean;
  /** When the next Ping is due; where that is sooner than a Pong is late, the Ping is repeated. */
  readonly keepaliveTimeMs?: number;
  /** How often the peer answers at most: one that falls further and further behind would do so without an end. */
  readonly pongs?: number;
}

/** What happens to a connection, in words, and what its machine sees of it. */
export function connectionScenario(name: string, may: Possible): ConnectionScenario {
  const timings = {
    keepaliveTimeMs: may.keepaliveTimeMs ?? 1_000,
    pingTimeoutMs: 100,
    drainTimeoutMs: 250,
    lateTimeMs: LATE_MS,
  };
  const pass = (world: ConnectionWorld, ms: number) => {
    const add = (age: number, max: number) => Math.min(age + ms, max);
    world.aliveMs = add(world.aliveMs, RENEWAL_MS);
    world.unprovenMs = add(world.unprovenMs, Math.min(timings.keepaliveTimeMs, 1_000));
    world.sinceSentMs = add(world.sinceSentMs, Math.min(timings.keepaliveTimeMs, 1_000));
    world.givenUpMs = add(world.givenUpMs, SLOW_ANSWER_MS);
    world.pingMs = add(world.pingMs, 1_000);
  };
  return {
    name,
    timings,
    may,
    world: {
      open: true,
      accepting: true,
      isAddressCurrent: true,
      command: 'none',
      told: may.greets ? ['HELLO'] : [],
      abandoned: 0,
      unanswered: 0,
      sent: 0,
      left: 0,
      leftMany: false,
      gaveUpMany: false,
      givenUpMs: 0,
      aliveMs: 0,
      unprovenMs: 0,
      sinceSentMs: 0,
      pingMs: 0,
      muchSince: false,
      hasMuchCome: false,
      hasStood: false,
      excusedMs: 0,
      hasAnswered: false,
      pings: 0,
      pongs: 0,
      awaitedPong: 0,
      sentBytes: COMMAND_BYTES,
      readBytes: 0,
      aheadBytes: 0,
      backBytes: 0,
      // One has been sent, and answered.
      seq: 1,
      provingSeq: 2,
      pingSeq: 0,
      commandSeq: 0,
      streamSeq: 0,
      reports: [],
      inOrder: false,
    },
    input: (world) => ({ link: linkOf(world, timings, may), timings, parent: CLIENT }),
    stimuli: (state) => stimuliOf(state, may),
    happen(world, stimulus) {
      happen(world, stimulus);
      if (may.greets) cancel(world, stimulus.name);
      // Its clock goes on, its timers do not.
      if (stimulus.name === 'the process stands still') pass(world, STANDSTILL_MS);
    },
    follows: ({ snapshot, world: { command } }) =>
      snapshot.value === 'closing' && !(may.closes && command === 'waiting') ? [CLOSED] : [],
    told(world, { type }) {
      // Of those that are given up it is told once.
      if (type !== WORN.type || world.unanswered === MANY) return;
      world.abandoned++;
      sendOne(world);
      world.streamSeq = world.seq;
      receive(world, world.seq);
    },
    pass,
    stopped(world, source) {
      if (source !== 'socket') return;
      Object.assign(world, { open: false, accepting: false });
      if (world.command === 'waiting') world.command = 'connection-lost';
    },
    sent(world, report) {
      world.reports.push(said(report as unknown as ConnectionReport));
    },
    key: ({ world, timers, snapshot }) => {
      const { command, abandoned, isAddressCurrent, sent, left, leftMany, hasMuchCome, muchSince, hasStood } = world;
      const { aliveMs, unprovenMs, sinceSentMs, pingMs, hasAnswered, pings, pongs, awaitedPong, provingSeq, pingSeq } =
        world;
      const isPinging = JSON.stringify(snapshot.value).includes('pinging');
      const asProof = (seq: number) => [seq >= provingSeq, seq <= pingSeq];
      return [
        world.unanswered > 0 && world.givenUpMs,
        world.gaveUpMany,
        [command, Math.min(abandoned, MANY), isAddressCurrent, sent, left, leftMany, hasMuchCome, hasStood],
        [aliveMs, unprovenMs, sinceSentMs, isPinging && [pingMs, muchSince, hasAnswered, world.excusedMs]],
        [pings - pongs, awaitedPong - pongs],
        may.pongs !== undefined && [pongs, isPinging && [world.aheadBytes, world.backBytes]],
        [command === 'waiting' && asProof(world.commandSeq), abandoned === 1 && asProof(world.streamSeq)],
        timers.map(({ event, inMs }) => [event.type, inMs]),
      ];
    },
  };
}

function happen(world: ConnectionWorld, { name }: Stimulus): void {
  if (name === 'the peer closes') world.inOrder = true;
  if (name === 'its address is gone') world.isAddressCurrent = false;
  if (name === 'a Command is sent') {
    sendOne(world);
    Object.assign(world, { command: 'waiting', commandSeq: world.seq, sent: world.sent + 1 });
  }
  if (name === NOT_TAKEN) world.command = 'returned';
  if (name === 'the Command is answered') {
    world.command = 'answered';
    receive(world, world.commandSeq);
  }
  if (name === 'a stream is left') world.left++;
  if (name === 'many Commands are given up') Object.assign(world, { unanswered: MANY, gaveUpMany: true, givenUpMs: 0 });
  if (name === 'what was given up is answered') world.unanswered = 0;
  if (name === 'many streams are left') world.leftMany = true;
  if (name === 'its last Result comes') {
    world.abandoned = 0;
    receive(world, world.streamSeq);
  }
  if (name === ENDED) world.abandoned = 0;
  if (name === 'the process stands still') world.hasStood = true;
  if (name === 'much comes') Object.assign(world, { hasMuchCome: true, muchSince: true });
  if (name.includes('Pong')) world.backBytes++;
  if (/^the peer answers .* Ping$/.test(name)) {
    world.pongs++;
    world.backBytes++;
    if (world.pongs === world.awaitedPong) {
      world.readBytes += world.aheadBytes;
      Object.assign(world, { hasAnswered: true, unprovenMs: 0, provingSeq: world.pingSeq + 1 });
    }
  }
}

/** The peer is told what nobody waits for any more. */
function cancel(world: ConnectionWorld, what: string): void {
  const cancelled = { 'a stream is left': 1, 'many streams are left': MANY, 'many Commands are given up': MANY }[what];
  for (let left = cancelled ?? 0; left > 0; left--) world.told.push('CANCEL');
}

function sendOne(world: ConnectionWorld): void {
  world.seq++;
  sendBytes(world, COMMAND_BYTES);
}

function sendBytes(world: ConnectionWorld, bytes: number): void {
  world.sentBytes += bytes;
  world.sinceSentMs = 0;
}

/** A Result shows that the peer has read the Command. */
function receive(world: ConnectionWorld, seq: number): void {
  if (seq >= world.provingSeq) Object.assign(world, { hasAnswered: true, unprovenMs: 0, provingSeq: world.seq + 1 });
}

function stimuliOf(
  { snapshot, world }: ModelState<ConnectionWorld>,
  {
    commands = 0,
    streams = 0,
    givesUp = false,
    much = false,
    stands = false,
    closes = false,
    ends = false,
    greets = false,
    pongs,
  }: Possible,
): Stimulus[] {
  const use = useOf(snapshot);
  if (use === undefined) return [];
  const isWaiting = world.command === 'waiting';
  // A connection on which nothing is pending has nothing to wait for.
  const ended = isWaiting ? [] : [CLOSED];
  const retired = isWaiting || (world.unanswered > 0 && world.abandoned === 0) ? [] : [CLOSED];
  const lost = { type: 'connection.lost', error: Object.assign(new Error('lost'), { code: 'connection-lost' }) };
  const stimuli: Stimulus[] = [
    { name: 'the peer closes', event: lost, follow: isWaiting && closes ? [] : [CLOSED] },
    {
      name: 'another takes its place',
      event: { type: 'connection.retire' },
      follow: world.isAddressCurrent ? retired : ended,
    },
    { name: 'its client drains', event: { type: 'connection.drain' }, follow: ended },
  ];
  if (ends && world.accepting) {
    const goodbye = Object.assign(new Error('it is shutting down'), { code: 'connection-lost' });
    stimuli.push({
      name: 'the peer says goodbye',
      event: { type: 'connection.goodbye', error: goodbye },
      follow: ended,
    });
    if (greets && isWaiting) {
      stimuli.push({ name: NOT_TAKEN, event: { type: 'connection.goodbye', error: goodbye }, follow: [CLOSED] });
    }
  }
  if (world.isAddressCurrent) stimuli.push({ name: 'its address is gone' });
  if (isWaiting) {
    const isEnd = use !== 'retired' || world.unanswered === 0 || world.abandoned > 0;
    const settled = use === 'accepting' ? {} : { event: { type: 'pending.settled' }, follow: isEnd ? [CLOSED] : [] };
    stimuli.push({ name: 'the Command is answered', ...settled });
    if (greets && ends && !world.accepting) stimuli.push({ name: NOT_TAKEN, ...settled });
  }
  if (world.accepting && !isWaiting && world.sent < commands) stimuli.push({ name: 'a Command is sent' });
  if (world.accepting && world.left < streams) stimuli.push({ name: 'a stream is left', event: WORN });
  if (world.accepting && streams > 0 && !world.leftMany) {
    stimuli.push({ name: 'many streams are left', event: WORN, follow: Array.from({ length: MANY - 1 }, () => WORN) });
  }
  if (world.accepting && givesUp && !world.gaveUpMany) {
    stimuli.push({ name: 'many Commands are given up', event: WORN });
  }
  if (world.unanswered > 0) {
    const isRetired = use === 'retired' && !isWaiting;
    const settled = isRetired ? { event: { type: 'late.settled' }, follow: [CLOSED] } : {};
    stimuli.push({ name: 'what was given up is answered', ...settled });
  }
  if (world.abandoned === 1) stimuli.push({ name: greets ? ENDED : 'its last Result comes' });
  const isPinging = JSON.stringify(snapshot.value).includes('pinging');
  if (isPinging && much && !world.hasMuchCome) stimuli.push({ name: 'much comes' });
  if (isPinging && stands && !world.hasStood) stimuli.push({ name: 'the process stands still' });
  if (world.pongs === pongs) return stimuli;
  const pong = world.pongs + 1;
  if (pong < world.awaitedPong) stimuli.push({ name: 'the peer answers an earlier Ping' });
  else if (pong > world.pings) stimuli.push({ name: 'a Pong comes that nobody asked for' });
  else if (pong > world.awaitedPong) stimuli.push({ name: 'the peer answers a repeated Ping' });
  else stimuli.push({ name: 'the peer answers the first Ping', event: { type: 'pong.received' } });
  return stimuli;
}

/** What it is used for; nothing once it is not open. */
function useOf({ value }: AnyMachineSnapshot): string | undefined {
  const { open } = value as { readonly open?: { readonly use: string | Record<string, unknown> } };
  return typeof open?.use === 'object' ? Object.keys(open.use)[0] : open?.use;
}

function linkOf(world: () => ConnectionWorld, timings: ConnectionTimings, may: Possible): ConnectionLink {
  const pongDueInMs = () => {
    const { pingMs, muchSince, aheadBytes, backBytes, excusedMs } = world();
    // A few bytes count only where the next Ping is so near that the rest of the time for a Pong is waited for.
    const few = may.keepaliveTimeMs === undefined ? 0 : (aheadBytes + backBytes) / BYTES_PER_MS;
    return timings.pingTimeoutMs + (muchSince ? MUCH_MS : 0) + few + excusedMs - pingMs;
  };
  return {
    id: 'connection',
    take: () => () => {},
    refuse: () => {
      world().accepting = false;
    },
    sendPing: () => {
      const { pings, seq, sentBytes, readBytes } = world();
      const since = {
        pingMs: 0,
        muchSince: false,
        hasAnswered: false,
        excusedMs: 0,
        aheadBytes: sentBytes - readBytes,
        backBytes: 0,
      };
      Object.assign(world(), { pings: pings + 1, awaitedPong: pings + 1, pingSeq: seq, ...since });
      sendBytes(world(), 1);
    },
    repeatPing: () => {
      world().pings++;
      sendBytes(world(), 1);
    },
    unprovenMs: () => world().unprovenMs,
    sinceSentMs: () => world().sinceSentMs,
    pongDueInMs,
    excuseLateness: () => {
      const lateMs = -pongDueInMs();
      if (world().excusedMs === 0 && lateMs > 0) world().excusedMs = lateMs + Math.min(lateMs, timings.pingTimeoutMs);
    },
    hasAnswered: () => world().hasAnswered,
    isSettled: () => world().command !== 'waiting',
    hasLate: () => world().unanswered > 0 && world().abandoned === 0,
    awaitSettled: () => {},
    isWorn: () => world().abandoned > 0 || world().unanswered > 0,
    renewalDueInMs: () => (world().abandoned > 0 ? RENEWAL_MS - world().aliveMs : SLOW_ANSWER_MS - world().givenUpMs),
    isRenewalUrgent: () => world().abandoned >= MANY,
    isAddressCurrent: () => world().isAddressCurrent,
    endedInOrder: () => world().inOrder,
    giveUp: () => {},
    overdueError: () => Object.assign(new Error('overdue'), { code: 'connection-lost' }),
  };
}

/** What its client is told, in short. */
export function said(report: ConnectionReport): string {
  if (report.type !== 'connection.over') return report.type;
  return `over ${codeOf(report.error)}${report.inOrder ? ', in order' : ''}`;
}

/** What a user, its client and its peer must see of a connection. */
export function seenOfConnection({ world, timers }: ModelState<ConnectionWorld>) {
  const { open, accepting, command, told, pings, reports } = world;
  return { open, accepting, command, told, pings, reports, timerInMs: Math.min(...timers.map(({ inMs }) => inMs)) };
}

/** What of its memory counts. */
export const rememberedByConnection = ({ error }: ConnectionContext) => codeOf(error);
