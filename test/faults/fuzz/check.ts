import { isDeepStrictEqual } from 'node:util';
import type { MessageCodec } from '../../../src/protocol/codec/codec.ts';
import { BadPayload } from '../../../src/protocol/codec/codec.ts';
import { type FuzzCase, makeCase } from './cases.ts';
import { ClientTarget } from './client-target.ts';
import { bindBoth, FORMATS } from './corpus.ts';
import { cancelledIn, expectedOutcome } from './expected.ts';
import { MAX_KEPT_BYTES } from './fuzz-stream.ts';
import type { Event, Outcome, Side } from './outcome.ts';
import { payloadOf } from './payload.ts';
import { longestControl } from './reference.ts';
import { ServerTarget } from './server-target.ts';

/** What one case has shown. */
export interface CheckedCase {
  readonly side: Side;
  readonly format: string;
  readonly about: string;
  readonly end: string;
  readonly keptMemory: number;
  readonly bytes: number;
}

/** How a format without lengths may end a connection; it may also refuse a Command or a Result. */
const ENDS = ['in order', 'connection-lost', 'protocol-error', 'frame-too-large', 'server-info-mismatch', 'refused'];

/** The real server and the real client of each format, and the cases that they are put through. */
export class Range {
  readonly #servers: ReadonlyMap<string, ServerTarget>;
  readonly #clients: ReadonlyMap<string, ClientTarget>;
  readonly #codecs: ReadonlyMap<string, MessageCodec>;

  private constructor(servers: ReadonlyMap<string, ServerTarget>) {
    this.#servers = servers;
    this.#clients = new Map(FORMATS.map((format) => [format.name, new ClientTarget(format)]));
    this.#codecs = new Map(
      FORMATS.flatMap((format) =>
        (['server', 'client'] as const).map((side) => [`${format.name} ${side}`, bindBoth(format, side).incoming]),
      ),
    );
  }

  static async open(): Promise<Range> {
    const servers = await Promise.all(
      FORMATS.map(async (format) => [format.name, await ServerTarget.open(format)] as const),
    );
    return new Range(new Map(servers));
  }

  /**
   * Puts one case through.
   * @throws Error that says what was wrong and how to see it again.
   */
  async check(seed: number, index: number): Promise<CheckedCase> {
    const fuzzCase = makeCase(seed, index);
    const { side, format, about, bytes } = fuzzCase;
    try {
      const { outcome, keptMemory } = await this.#checked(fuzzCase);
      return { side, format: format.name, about, end: outcome.ends[0] ?? '', keptMemory, bytes: bytes.length };
    } catch (error) {
      const shown =
        bytes.length <= 400 ? bytes.toString('hex') : `${bytes.toString('hex', 0, 400)}... (${bytes.length} bytes)`;
      throw new Error(
        `${format.name} at the ${side}, ${about}: ${(error as Error).message}\nbytes: ${shown}\n` +
          `again: npm run fuzz -- --seed ${seed} --case ${index}`,
        { cause: error },
      );
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers.values()) await server[Symbol.asyncDispose]();
  }

  async #checked(fuzzCase: FuzzCase): Promise<{ outcome: Outcome; keptMemory: number }> {
    const { side, format, bytes, delivery } = fuzzCase;
    const target = (side === 'server' ? this.#servers : this.#clients).get(format.name) as ServerTarget | ClientTarget;
    const incoming = this.#codecs.get(`${format.name} ${side}`) as MessageCodec;
    const { keptMemory, ended, ...outcome } = await target.play(bytes, delivery);
    if (outcome.ends.length !== 1) throw new Error(`the end was told ${outcome.ends.length} times: ${outcome.ends}`);
    this.#checkIntact(fuzzCase, outcome, incoming);
    const cancelled =
      ended === undefined || ended.length === 0 || !format.hasLengths ? undefined : cancelledIn(fuzzCase);
    const wrong = cancelled && ended?.find((seq) => !cancelled.has(seq));
    if (wrong !== undefined) throw new Error(`Command ${wrong} was ended, and nobody had cancelled it`);
    if (format.hasLengths) {
      compare(outcome, expectedOutcome(fuzzCase, incoming), 'it should have');
    } else {
      if (!ENDS.includes(outcome.ends[0] as string)) throw new Error(`it ended with ${outcome.ends}`);
      const atOnce = await target.play(bytes, { cuts: [], yieldEvery: 1, takesSlowly: false });
      compare(outcome, { events: atOnce.events, ends: atOnce.ends }, 'arriving at once it would have');
    }
    const longest = Math.max(
      0,
      ...[...delivery.cuts, bytes.length].map((end, index) => end - (delivery.cuts[index - 1] ?? 0)),
    );
    const kept = MAX_KEPT_BYTES + longestControl(bytes);
    const bound = Math.max(2 * kept, kept + longest);
    if (keptMemory > bound) throw new Error(`${keptMemory} bytes of memory were kept, more than ${bound}`);
    return { outcome, keptMemory };
  }

  /** What stands before the first fault must have been dealt with as if there were no fault. */
  #checkIntact({ intact, side }: FuzzCase, { events, ends }: Outcome, incoming: MessageCodec): void {
    if (ends[0] === 'server-info-mismatch' || ends[0] === 'refused') return;
    const commands = intact.filter(({ seq }) => seq > 0);
    const wanted = side === 'server' ? ['executed'] : ['result', 'unexpected', 'failed'];
    const seen = events.filter(({ what }) => wanted.includes(what));
    for (const [index, frame] of commands.entries()) {
      const event = seen[index];
      const value = payloadOf(frame, incoming);
      if (value instanceof BadPayload) throw new Error('a message of the corpus is not readable');
      if (event?.seq === frame.seq && (event.what === 'failed' || isDeepStrictEqual(event.value, value))) continue;
      throw new Error(`frame ${index + 1} is in order and was not dealt with: ${show(event)}`);
    }
  }
}

function compare(outcome: Outcome, expected: Outcome, words: string): void {
  if (isDeepStrictEqual(outcome, expected)) return;
  const at = outcome.events.findIndex((event, index) => !isDeepStrictEqual(event, expected.events[index]));
  const first = at < 0 ? Math.min(outcome.events.length, expected.events.length) : at;
  throw new Error(
    `it ended ${outcome.ends} after ${outcome.events.length} events, number ${first + 1}: ${show(outcome.events[first])}; ` +
      `${words} ended ${expected.ends} after ${expected.events.length}, number ${first + 1}: ${show(expected.events[first])}`,
  );
}

function show(event: Event | undefined): string {
  return (
    JSON.stringify(event, (_, value) => (typeof value === 'bigint' ? `${value}n` : value))?.slice(0, 300) ?? 'nothing'
  );
}
