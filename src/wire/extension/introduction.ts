import { type ByteReader, NEED_MORE } from '../../base/bytes/byte-reader.ts';
import { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';
import { printable } from '../../base/errors/printable.ts';
import { RESERVED_TYPES } from '../../protocol/reserved.ts';
import { ControlFrame, isControlNext, MAX_INTRODUCTION_BYTES, readControlFrame } from './control-frame.ts';
import { type Credit, creditOf } from './credit.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { type ServerStatus, serverStatusOf } from './server-status.ts';

/** Name of the wire extension in a ServerInfo: `default;x1`. */
export const EXTENSION = 'x1';

/** What a client says of itself, first of all. */
export interface Hello {
  /** Deadline of a Command without a {@link Head}, from its arrival on: milliseconds; Infinity: none. */
  readonly timeoutMs: number;
  /** Texts that go along with the connection: a token, a name. */
  readonly metadata: Metadata;
  /** Version of the library. */
  readonly version: string;
  /**
   * Whether it has no protocol of its own: it wants to know what payloads are like and which Results answer, where the server
   * tells, and to be told by ENDED when a Command has had its last Result.
   */
  readonly describe: boolean;
  /** Whether it wants to know how the server is doing, where that tells. */
  readonly status?: boolean | undefined;
  /** What may be sent for each Command at first; `undefined`: all there is. */
  readonly credit?: Credit | undefined;
}

/** What a server answers to it. */
export interface Welcome {
  /** Name of the codec; empty where it is not told. */
  readonly codec: string;
  /** Names of the Commands and Results, in the order of their type numbers; none where there is no room for them. */
  readonly commands: readonly string[];
  readonly results: readonly string[];
  /** The longest payload that the server takes. */
  readonly maxFrameBytes: number;
  /** Another one for each server process. */
  readonly instance: string;
  /** Version of the library. */
  readonly version: string;
  /** JSON Schema (draft 2020-12) of the payload, by the name of the Command, where the server has one; told where it was asked for. */
  readonly schemas: Readonly<Record<string, unknown>>;
  /** Type numbers of the Results that may answer each Command, in the order of those; told where they were asked for. */
  readonly returns: readonly (readonly number[])[];
  /** Type numbers of the Results on which others may follow; told with `returns`. */
  readonly several: readonly number[];
  /** Whether ENDED follows on the last Result of each Command; where it was asked for. */
  readonly ends: boolean;
  /** How the server is doing; told where it was asked for. */
  readonly status?: ServerStatus | undefined;
  /** Why the client is not let in; none where it is. */
  readonly refused: string | undefined;
}

/** Encodes a HELLO. */
export function encodeHello({ timeoutMs, metadata, version, describe, status, credit }: Hello): Buffer {
  // JSON has no Infinity.
  const timeout = timeoutMs === Number.POSITIVE_INFINITY ? undefined : timeoutMs;
  const asked = describe || undefined;
  const fields = { timeoutMs: timeout, metadata, version, describe: asked, status: status || undefined, credit };
  return Buffer.from(JSON.stringify(fields));
}

/** @throws CmdStreamError `protocol-error` for what is no HELLO. */
export function readHello(bytes: Buffer): Hello {
  const fields = readFields(bytes, 'HELLO');
  const { timeoutMs } = fields;
  return {
    timeoutMs: typeof timeoutMs === 'number' && timeoutMs >= 0 ? timeoutMs : Number.POSITIVE_INFINITY,
    metadata: readMetadata(fields.metadata),
    version: textOf(fields.version),
    describe: fields.describe === true,
    ...(fields.status === true ? { status: true } : {}),
    credit: creditOf(fields.credit),
  };
}

/** Encodes a WELCOME; what has no room in it is left out: schemas first, then which Results answer, then names. */
export function encodeWelcome(welcome: Welcome): Buffer {
  const { schemas, returns, several, commands, results, ends, ...rest } = welcome;
  const names = { commands, results };
  const answers = returns.length === 0 ? {} : { returns, several };
  const described = Object.keys(schemas).length === 0 ? answers : { ...answers, schemas };
  for (const part of [{ ...names, ...described }, { ...names, ...answers }, names, {}]) {
    const bytes = Buffer.from(JSON.stringify({ ...rest, ends: ends || undefined, ...part }));
    if (bytes.length <= MAX_INTRODUCTION_BYTES) return bytes;
  }
  throw new CmdStreamError('internal', 'a WELCOME without names is too long');
}

/**
 * Reads the frame that a server sends after a HELLO; `undefined`, and the position as it was, where it is not there whole.
 * @throws CmdStreamError `protocol-error` for another one.
 */
export function readWelcomeFrame(reader: ByteReader): Welcome | undefined {
  const start = reader.position;
  const seq = reader.readVarint();
  if (seq !== NEED_MORE && reader.available > 1) {
    const frame = new ControlFrame();
    const isThere = !isControlNext(reader) || readControlFrame(reader, seq, frame);
    if (isThere && frame.type !== RESERVED_TYPES.welcome) {
      throw new CmdStreamError('protocol-error', 'the server did not answer HELLO by a WELCOME');
    }
    if (isThere) return readWelcome(frame.body);
  }
  reader.position = start;
  return undefined;
}

/** @throws CmdStreamError `protocol-error` for what is no WELCOME. */
export function readWelcome(bytes: Buffer): Welcome {
  const fields = readFields(bytes, 'WELCOME');
  const { maxFrameBytes, schemas, returns, refused } = fields;
  const status = serverStatusOf(fields.status);
  return {
    codec: textOf(fields.codec),
    commands: textsOf(fields.commands),
    results: textsOf(fields.results),
    maxFrameBytes: typeof maxFrameBytes === 'number' && maxFrameBytes >= 1 ? maxFrameBytes : Number.POSITIVE_INFINITY,
    instance: textOf(fields.instance),
    version: textOf(fields.version),
    schemas: isObject(schemas) ? byPrintableName(schemas) : {},
    returns: Array.isArray(returns) ? returns.map(typesOf) : [],
    several: typesOf(fields.several),
    ends: fields.ends === true,
    ...(status === undefined ? {} : { status }),
    refused: typeof refused === 'string' ? printable(refused) : undefined,
  };
}

function readFields(bytes: Buffer, what: string): Record<string, unknown> {
  let fields: unknown;
  try {
    fields = JSON.parse(bytes.toString('utf8'));
  } catch (cause) {
    throw new CmdStreamError('protocol-error', `malformed ${what}: it is no JSON`, { cause });
  }
  if (isObject(fields)) return fields;
  throw new CmdStreamError('protocol-error', `malformed ${what}: it is no object`);
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? printable(value) : '';
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : [];
}

function typesOf(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.filter((type): type is number => Number.isInteger(type) && type >= 0) : [];
}

/** As names are read. */
function byPrintableName(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [printable(name), value]));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
