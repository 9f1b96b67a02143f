import type { Clock, Defer } from '../base/clock.ts';
import { fieldOf } from '../base/errors/ask.ts';
import { invalidOption } from '../base/options/check.ts';
import type { MessageCodec } from '../protocol/codec/codec.ts';
import type { CommandEntry, ResultEntry } from '../protocol/protocol.ts';
import type { Hello } from './extension/introduction.ts';
import type { FrameChannel, ServerChannel } from './frame-channel.ts';
import type { FlowBound } from './write-flow.ts';

/** One type of Command, as an engine sees it. */
export interface EngineCommand {
  readonly name: string;
  /** Whether several Results may answer one Command of this type. */
  readonly several: boolean;
}

/** The types of Commands of a protocol, as an engine sees them. */
export function engineCommands({
  commandEntries,
  resultEntries,
}: {
  readonly commandEntries: readonly CommandEntry[];
  readonly resultEntries: readonly ResultEntry[];
}): readonly EngineCommand[] {
  return commandEntries.map(({ name, resultTypes }) => ({
    name,
    several: resultTypes.some((type) => resultEntries[type]?.definition.lastOne !== undefined),
  }));
}

/** Parts of a sender or server that its engine works with. */
export interface EngineParts {
  /** The types of Commands; the index is the type number. */
  readonly commands: readonly EngineCommand[];
  /** Encodes what this side sends. */
  readonly outgoing: MessageCodec;
  /** Decodes what the other side sends. */
  readonly incoming: MessageCodec;
  readonly maxFrameBytes: number;
  /** How many bytes on their way make a channel full. */
  readonly bufferBound: FlowBound;
  /** How long it may take until a connection can be used. */
  readonly handshakeTimeoutMs: number;
  readonly clock: Clock;
  readonly defer: Defer;
}

/** Parts of a sender. */
export interface EngineSenderParts extends EngineParts {
  /** Deadline, metadata and credit of Commands that do not say otherwise. */
  readonly hello: Hello;
  /** A server of which nothing is heard for so long is taken for dead; Infinity: none is. */
  readonly silenceMs: number;
}

/** Parts of a server. */
export interface EngineServerParts extends EngineParts {
  /** So many Commands are in flight at most; beyond that others had better take them. */
  readonly maxInFlightCommands: number;
}

/** Makes a connection to one of the addresses. Leaves nothing behind when `signal` fires. */
export type EngineDial = (address: string, signal: AbortSignal) => Promise<FrameChannel>;

/** Events of an engine for the server. */
export interface EngineEvents {
  /** Commands come by this channel from now on, until it is lost; another one follows then. Returns what ends it in order. */
  connection(channel: ServerChannel): () => void;
  /** A connection could not be made; it is tried again. */
  connectError(error: Error): void;
}

/** Server's place at an engine, as a listener is one at a network. */
export interface EngineListener {
  /** Where it is, for messages. */
  readonly address: string;
  /** Makes no more connections; those that are there live on. */
  close(): Promise<void>;
}

/** The key of an engine's works; the same in every copy of the library that a process loads. */
export const engineWorks: unique symbol = Symbol.for('cmd-stream.engine');

/**
 * Way of Commands and Results that carries messages by itself, in place of streams of bytes: `natsEngine()` of
 * `cmd-stream/nats`. An option of `createSender` and of `serve`; the same on both sides.
 */
export interface Engine {
  /** For messages: `nats`. */
  readonly name: string;
  /** Where clients connect to, as `address` says of others: `host:port` of each broker. */
  readonly addresses: readonly string[];
  /** @internal What it does: no part of the public surface yet. */
  readonly [engineWorks]: EngineWorks;
}

/** The works of an {@link Engine}. */
interface EngineWorks {
  /**
   * Makes the way to connect of a sender's clients.
   * @throws CmdStreamError `invalid-argument` for a protocol that it cannot carry.
   */
  dialer(parts: EngineSenderParts): EngineDial;
  /** Takes Commands for a server. Rejects when that cannot be had. */
  listen(parts: EngineServerParts, events: EngineEvents): Promise<EngineListener>;
}

/**
 * Makes the check of the option `engine`.
 * @param others - options of connections by streams of bytes, which an engine has no use for.
 */
export function engineOption<Options extends { readonly engine?: Engine | undefined }>(
  others: readonly (keyof Options & string)[],
): (field: string, value: Engine | undefined, all: Options) => Engine | undefined {
  return (field, value, all) => {
    if (value === undefined) return undefined;
    if (!isEngine(value)) throw invalidOption(field, 'an engine such as natsEngine() of cmd-stream/nats', value);
    const other = others.find((name) => all[name] !== undefined);
    if (other === undefined) return value;
    throw invalidOption(other, `left out where 'engine' is given`, all[other]);
  };
}

function isEngine(value: Engine): boolean {
  return typeof fieldOf(fieldOf(value, engineWorks), 'dialer') === 'function';
}
