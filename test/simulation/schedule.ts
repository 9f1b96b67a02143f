import type { Fault } from '../../src/testing.ts';

/** Everything that decides a simulated run, as plain data: what a seed determines and what is shrunk. Durations in ms. */
export interface Schedule {
  /** Of the network's jitter and the clients' backoff. */
  readonly seed: number;
  readonly network: NetworkPlan;
  readonly servers: readonly ServerPlan[];
  readonly sender: SenderPlan;
  readonly sends: readonly SendPlan[];
  readonly faults: readonly Fault[];
  /** When somebody who knows better resets the circuit breaker. */
  readonly breakerResetsMs: readonly number[];
  /** Strangers who connect to a server and send whatever bytes. */
  readonly strangers: readonly StrangerPlan[];
  /** A server that does not say the truth, if there is one. */
  readonly liar: LiarPlan | null;
  /** The user's code that acts in the middle of things, if it does. */
  readonly meddling: MeddlingPlan | null;
  /** When the sender's process stands still (stopped, or busy), and for how long. */
  readonly stalls: readonly StallPlan[];
  /** How long sends and faults go on. */
  readonly lengthMs: number;
  readonly ending: EndingPlan;
}

/** What the paths are like without a fault. */
export interface NetworkPlan {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly sliceRate: number;
  readonly coalesceRate: number;
  readonly maxPieceBytes: number;
  readonly windowBytes: number;
}

export interface ServerPlan {
  readonly goClients: boolean;
  /** Not a number: never. */
  readonly idleTimeoutMs: number | null;
  readonly maxInFlightCommands: number;
  readonly maxBufferedBytes: number;
  readonly maxFrameBytes: number;
  /** For Commands that are put aside, for those in flight, and for all connections together. */
  readonly maxQueuedBytes: number;
  readonly maxInFlightBytes: number;
  readonly maxTotalBytes: number;
  readonly frameTimeoutMs: number;
  /** How long its connections last, if not for ever, and for how long what is in flight on them may go on; not a number: for ever. */
  readonly age: { readonly ageMs: number; readonly graceMs: number | null } | null;
  /** When it is shut down, if at all, how long that may take, and when after its end it is back; not a number: never. */
  readonly shutdown: { readonly atMs: number; readonly timeoutMs: number; readonly backAfterMs: number | null } | null;
}

export interface SenderPlan {
  readonly clients: number;
  readonly codec: 'msgpack' | 'json';
  /** Whether it is given a list of addresses or a function that asks for them. */
  readonly addresses: 'list' | 'resolver';
  readonly addressRefreshMs: number;
  readonly lazy: boolean;
  readonly timeoutMs: number;
  readonly waitForReady: boolean;
  readonly whenFull: 'fail' | 'wait';
  readonly maxWaiting: number;
  readonly maxWaitingBytes: number;
  readonly maxInFlightCommands: number;
  readonly maxBufferedBytes: number;
  readonly whenSlow: 'pause' | 'fail';
  readonly maxBufferedResults: number;
  readonly maxBufferedResultBytes: number;
  readonly maxFrameBytes: number;
  readonly dispatch: 'round-robin' | 'least-pending';
  readonly keepalive: { readonly timeMs: number; readonly timeoutMs: number } | null;
  readonly reconnect: BackoffPlan | null;
  readonly handshakeTimeoutMs: number;
  readonly drainTimeoutMs: number;
  readonly breaker: BreakerPlan | null;
  /** What the user's hooks do beside watching; `none`: there are none. */
  readonly hooks: 'none' | 'watch' | 'slow' | 'refuse' | 'throw';
  /** Whether an inspector is attached: requests are XState actors then. */
  readonly inspect: boolean;
}

export interface BackoffPlan {
  readonly initialMs: number;
  readonly maxMs: number;
  readonly factor: number;
  readonly resetAfterMs: number;
}

export interface BreakerPlan {
  readonly windowSize: number;
  readonly failureRate: number;
  readonly openDurationMs: number;
  readonly successThreshold: number;
}

/** What the handler of a Command does. */
export type HandlerStyle =
  | 'now'
  | 'later'
  | 'throw'
  | 'throwLater'
  | 'proxy'
  | 'twice'
  | 'unsendable'
  | 'wrongType'
  /** Answers only once nobody waits for it any more. */
  | 'hang';

/** One or more sends that are alike. */
export interface SendPlan {
  readonly atMs: number;
  /** How many of them, */
  readonly times: number;
  /** so far apart. */
  readonly gapMs: number;
  /** `group`: past the sender, by `group.send` or `group.sendWithDeadline`. */
  readonly method: 'send' | 'sendWithDeadline' | 'sendMulti' | 'sendMultiWithDeadline' | 'group';
  readonly command: 'Do' | 'Watch' | 'Either' | 'Checked';
  readonly style: HandlerStyle;
  /** How many Results there are, how far apart, and how much each weighs. */
  readonly count: number;
  readonly everyMs: number;
  readonly padBytes: number;
  /** What is wrong with the payload. */
  readonly payload: 'good' | 'unencodable' | 'refused' | 'foreign';
  /** Not a number: none of its own. */
  readonly timeoutMs: number | null;
  /** When its signal fires, after the call; below 0: before it. */
  readonly cancelAfterMs: number | null;
  readonly waitForReady: boolean | null;
  /** For the multi sends: how many are wanted at most, by whom they are taken, how slowly, and after how many he leaves. */
  readonly resultsCount: number | null;
  readonly consumer: 'loop' | 'handler';
  readonly consumeMs: number;
  readonly leaveAfter: number | null;
  /** For how long the consumer sleeps after its first Result. */
  readonly napMs: number;
  /** Whether texts go along. */
  readonly metadata: boolean;
  /** How much time the Command has left within which it is sent; not a number: it is sent within none. */
  readonly withinMs: number | null;
}

/** The count of a stream that would go on for longer than anybody waits: it ends with its connection. */
export const ENDLESS = 4000;

export interface StrangerPlan {
  readonly atMs: number;
  readonly server: number;
  readonly bytes: readonly number[];
}

/**
 * What a liar does in place of, or beside, answering a Command as it should: it answers another that nobody sent, answers
 * once more, with a Result of a type that the Command has not, with a payload that nobody can read, with a type that there
 * is not, introduces itself anew, announces more than anybody takes, or leaves inside a frame.
 */
export type Lie =
  | 'unknownSeq'
  | 'repeat'
  | 'wrongType'
  | 'unreadable'
  | 'noSuchType'
  | 'secondInfo'
  | 'tooLong'
  | 'insideFrame';

export interface LiarPlan {
  /** In whose place it is from the beginning, */
  readonly server: number;
  /** and until when: then the honest one comes. */
  readonly untilMs: number;
  readonly lies: readonly Lie[];
  /** To how many of a hundred Commands it lies. */
  readonly percent: number;
}

/** Where the user's code runs while the library is in the middle of something. */
export type MeddlingPlace =
  | 'pick'
  | 'payload'
  | 'codec'
  | 'observer'
  | 'hook'
  | 'thenable'
  | 'result'
  | 'status'
  | 'unexpected'
  | 'abort';

/** What it does there. */
export type MeddlingAct = 'send' | 'abortOwn' | 'abortAll' | 'close' | 'drain';

export interface MeddlingPlan {
  readonly places: readonly MeddlingPlace[];
  /** One after the other, each once. */
  readonly acts: readonly MeddlingAct[];
  /** At each so manieth call, */
  readonly every: number;
  /** after so many of them. */
  readonly after: number;
}

export interface StallPlan {
  readonly atMs: number;
  readonly forMs: number;
}

export interface EndingPlan {
  readonly kind: 'close' | 'drain' | 'closeAndWait';
  /** In the middle of everything; not a number: when all is done, healed and resumed. */
  readonly atMs: number | null;
  readonly timeoutMs: number;
  /** Whether a `drain` is cut short by a `close`, after so long. */
  readonly closeAfterMs: number | null;
}

/** The machines of the servers. */
export const HOSTS: readonly string[] = ['a', 'b', 'c'];

/** The name that stands for all of them, where a resolver is asked. */
export const SERVICE = 'service';
