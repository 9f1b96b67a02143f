import { BadPayload, type MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { protocolTables } from '../../../src/protocol/protocol.ts';
import { ERROR_RESULT_NAME, ERROR_RESULT_TYPE } from '../../../src/protocol/reserved.ts';
import { strangerServer } from '../../../src/wire/strangers.ts';
import type { FuzzCase } from './cases.ts';
import { PENDING } from './client-target.ts';
import type { Event, Outcome } from './outcome.ts';
import { payloadOf } from './payload.ts';
import { type ReferenceFrame, readFrames, readVarint } from './reference.ts';

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
  const { frames, end } = readFrames(bytes, 0, () => true);
  const executed: Event[] = [];
  const others: Event[] = [];
  for (const frame of frames) {
    const { seq, type } = frame;
    if (seq === 0) {
      others.push({ what: 'ping', seq, name: '' });
      continue;
    }
    const value = frame.oversized ? TOO_LARGE : payloadOf(frame, incoming);
    if (value instanceof BadPayload || commandEntries[type] === undefined)
      others.push({ what: 'refused', seq, name: 'command-invalid' });
    else executed.push({ what: 'executed', seq, name: commandEntries[type].name, value });
  }
  // Where the connection is cut for an error, what was not written yet is not.
  const told = end === 'whole' || end === 'cut' ? others : [];
  return { events: [...executed, ...told], ends: [ENDS[end]] };
}

function atClient({ bytes, format }: FuzzCase, incoming: MessageCodec): Outcome {
  const introduction = readIntroduction(bytes);
  if (typeof introduction === 'string') return { events: [], ends: [introduction] };
  const { resultEntries } = format.protocol[protocolTables];
  const { frames, end } = readFrames(
    bytes,
    introduction,
    (type) => type === ERROR_RESULT_TYPE || resultEntries[type] !== undefined,
  );
  const pending = new Set(Array.from({ length: PENDING }, (_, index) => index + 1));
  const events: Event[] = [];
  for (const frame of frames) {
    const { seq, type } = frame;
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
    const known = ['command-invalid', 'overloaded', 'closed'].find((each) => each === code);
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
function readIntroduction(bytes: Buffer): number | string {
  const length = readVarint(bytes, 0);
  if (strangerServer(bytes, ['default']) !== undefined) return 'protocol-error';
  if (length === 'cut') return 'connection-lost';
  if (length === 'protocol-error' || length.value < 1 || length.value > 1024) return 'protocol-error';
  const end = length.end + length.value;
  if (end > bytes.length) return 'connection-lost';
  const text = bytes.toString('utf8', length.end, end);
  return text === 'default' || text.startsWith('default;') ? end : 'server-info-mismatch';
}
