import { CmdStreamError } from '../../../src/index.ts';
import { BadPayload, type MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { ERROR_RESULT_NAME, ERROR_RESULT_TYPE } from '../../../src/protocol/reserved.ts';
import { welcomeCheck } from '../../../src/sender/client/check-welcome.ts';
import type { Head } from '../../../src/wire/extension/head.ts';
import { readHello, readWelcome } from '../../../src/wire/extension/introduction.ts';
import { strangerServer } from '../../../src/wire/strangers.ts';
import { headIn } from '../../support/heads.ts';
import type { FuzzCase } from './cases.ts';
import { PENDING } from './client-target.ts';
import type { Event, Outcome } from './outcome.ts';
import { payloadOf } from './payload.ts';
import { CONTROL, controlLimit, isControl, type ReferenceFrame, readFrames, readVarint } from './reference.ts';

/** What the bytes of a case must lead to, for formats whose frames can be told apart. */
export function expectedOutcome(fuzzCase: FuzzCase, incoming: MessageCodec): Outcome {
  return fuzzCase.side === 'server' ? atServer(fuzzCase, incoming) : atClient(fuzzCase, incoming);
}

/** The value of a frame whose payload is over the limit. */
const TOO_LARGE = new BadPayload('over the limit');

const ENDS = {
  'protocol-error': 'protocol-error',
  cut: 'connection-lost',
  whole: 'in order',
};

function atServer({ bytes, format }: FuzzCase, incoming: MessageCodec): Outcome {
  const { commandEntries } = format.protocol[protocolTables];
  const stream = readFrames(bytes, 0, () => true, true);
  let { end } = stream;
  const talk = new Talk();
  const executed: Event[] = [];
  const others: Event[] = [];
  for (const frame of stream.frames) {
    const { seq, type } = frame;
    const refuse = (name: string) => others.push({ what: 'refused', seq, name });
    if (seq === 0) {
      others.push({ what: 'ping', seq, name: '' });
    } else if (frame.control !== undefined) {
      const answer = talk.hear(seq, type, frame.control);
      if (answer === 'welcome') others.push({ what: 'welcome', seq: 1, name: '' });
      else if (answer === 'protocol-error') {
        end = answer;
        break;
      }
    } else {
      const value = frame.oversized ? TOO_LARGE : payloadOf(frame, incoming);
      const entry = commandEntries[type];
      const along = entry === undefined ? NONE : talk.takeHead(seq);
      if (entry === undefined) refuse('command-invalid');
      else if (along.leftMs <= 0) refuse('timeout');
      else if (value instanceof BadPayload) refuse('command-invalid');
      else executed.push({ what: 'executed', seq, name: entry.name, value, ...along.metadata });
    }
  }
  // Where the connection is cut for an error, what was not written yet is not.
  const told = end === 'whole' || end === 'cut' ? others : [];
  return { events: [...executed, ...told], ends: [ENDS[end]] };
}

/** What a client has said by the wire extension, as the server is to take it. */
class Talk {
  #timeoutMs: number | undefined;
  #head: { readonly seq: number; readonly head: Head } | undefined;

  hear(seq: number, type: number, body: Buffer): 'welcome' | 'nothing' | 'protocol-error' {
    const isGreeted = this.#timeoutMs !== undefined;
    try {
      if (type === CONTROL.hello && !isGreeted) {
        this.#timeoutMs = readHello(body).timeoutMs;
        return 'welcome';
      }
      if (type === CONTROL.credit && isGreeted) return isCredit(body) ? 'nothing' : 'protocol-error';
      if (type === CONTROL.head && isGreeted) this.#head = { seq, head: headIn(body) };
      else if (type !== CONTROL.cancel || !isGreeted) return 'protocol-error';
      return 'nothing';
    } catch {
      return 'protocol-error';
    }
  }

  /** How long a Command has, and the texts of its head. */
  takeHead(seq: number): { readonly leftMs: number; readonly metadata: { readonly metadata?: object } } {
    const timeoutMs = this.#timeoutMs ?? Number.POSITIVE_INFINITY;
    if (this.#head?.seq !== seq) return { leftMs: timeoutMs, metadata: {} };
    const { leftMs = timeoutMs, metadata } = this.#head.head;
    this.#head = undefined;
    const texts = Object.entries(metadata);
    return { leftMs, metadata: texts.length === 0 ? {} : { metadata: Object.fromEntries(texts) } };
  }
}

/** Whether it is two numbers, and nothing else. */
function isCredit(body: Buffer): boolean {
  const results = readVarint(body, 0);
  const bytes = typeof results === 'string' ? results : readVarint(body, results.end);
  return typeof bytes !== 'string' && bytes.end === body.length;
}

const NONE = { leftMs: 1, metadata: {} };

/** Commands that a client has sent, and cancelled behind that: whether those are answered or ended, the turns decide. */
export function cancelledIn({ bytes }: FuzzCase): ReadonlySet<number> {
  const { frames } = readFrames(bytes, 0, () => true, true);
  return new Set(frames.filter(({ type, control }) => control && type === CONTROL.cancel).map(({ seq }) => seq));
}

function atClient({ bytes, format }: FuzzCase, incoming: MessageCodec): Outcome {
  const introduction = readIntroduction(bytes);
  if (typeof introduction === 'string') return { events: [], ends: [introduction] };
  const start = introduction.isExtended ? readWelcomeAt(bytes, introduction.end, format) : introduction.end;
  if (typeof start === 'string') return { events: [], ends: [start] };
  const { resultEntries } = format.protocol[protocolTables];
  const stream = readFrames(
    bytes,
    start,
    (type) => type === ERROR_RESULT_TYPE || resultEntries[type] !== undefined,
    introduction.isExtended,
  );
  let { end } = stream;
  const pending = new Set(Array.from({ length: PENDING }, (_, index) => index + 1));
  const events: Event[] = [];
  for (const frame of stream.frames) {
    const { seq, type, control } = frame;
    if (control !== undefined && seq > 0) {
      const left = type === CONTROL.goodbye ? readVarint(control, 0) : 'protocol-error';
      if (type === CONTROL.ended) continue;
      if (typeof left === 'string') {
        end = 'protocol-error';
        break;
      }
      const returned = [...pending].filter((one) => one > left.value);
      for (const one of returned) {
        events.push({ what: 'failed', seq: one, name: 'closed' });
        pending.delete(one);
      }
      continue;
    }
    const value = seq === 0 ? undefined : frame.oversized ? TOO_LARGE : payloadOf(frame, incoming);
    const isBad = value instanceof BadPayload;
    const entry = resultEntries[type];
    if (seq === 0) events.push({ what: 'ping', seq, name: '' });
    else if (!pending.has(seq)) {
      events.push({
        what: 'unexpected',
        seq,
        name: entry?.name ?? ERROR_RESULT_NAME,
        value: isBad ? undefined : value,
      });
    } else {
      const failure = value === TOO_LARGE ? 'frame-too-large' : 'result-invalid';
      const event: Event = isBad ? { what: 'failed', seq, name: failure } : deliveredAs(frame, value, entry);
      events.push(event);
      const goesOn = event.what === 'result' && entry?.lastOne(value) !== true && !entry?.lastOne(value);
      if (!goesOn) pending.delete(seq);
    }
  }
  return { events, ends: [ENDS[end]] };
}

function deliveredAs(
  { seq }: ReferenceFrame,
  value: unknown,
  entry: { readonly name: string; readonly lastOne: (value: unknown) => boolean } | undefined,
): Event {
  if (entry === undefined) {
    const code = (value as { code?: unknown } | null)?.code;
    const known = ['command-invalid', 'overloaded', 'timeout', 'closed'].find((each) => each === code);
    return { what: 'failed', seq, name: known ?? 'command-failed' };
  }
  try {
    entry.lastOne(value);
    return { what: 'result', seq, name: entry.name, value };
  } catch {
    return { what: 'failed', seq, name: 'result-invalid' };
  }
}

/** Where the ServerInfo ends, or how the dialling fails. */
function readIntroduction(bytes: Buffer): { readonly end: number; readonly isExtended: boolean } | string {
  const length = readVarint(bytes, 0);
  if (strangerServer(bytes, ['default']) !== undefined) return 'protocol-error';
  if (length === 'cut') return 'connection-lost';
  if (length === 'protocol-error' || length.value < 1 || length.value > 1024) return 'protocol-error';
  const end = length.end + length.value;
  if (end > bytes.length) return 'connection-lost';
  const text = bytes.toString('utf8', length.end, end);
  const [name, ...extensions] = text.split(';');
  return name === 'default' ? { end, isExtended: extensions.includes('x1') } : 'server-info-mismatch';
}

/** Where the WELCOME ends, or how the dialling fails. */
function readWelcomeAt(bytes: Buffer, at: number, format: FuzzCase['format']): number | string {
  const seq = readVarint(bytes, at);
  if (typeof seq === 'string') return ENDS[seq];
  if (bytes.length - seq.end < 2) return 'connection-lost';
  if (!isControl(bytes, seq.end)) return 'protocol-error';
  const length = readVarint(bytes, seq.end + 2);
  const type = 0x3f80 + ((bytes[seq.end] as number) & 0x7f);
  if (typeof length === 'string') return ENDS[length];
  const end = length.end + length.value;
  if (length.value > controlLimit(type)) return 'protocol-error';
  if (end > bytes.length) return 'connection-lost';
  if (type !== CONTROL.welcome) return 'protocol-error';
  try {
    const check = welcomeCheck(format.codec.name, format.protocol[protocolTables]);
    check('fuzz:1', readWelcome(bytes.subarray(length.end, end)));
    return end;
  } catch (error) {
    return CmdStreamError.from(error).code;
  }
}
