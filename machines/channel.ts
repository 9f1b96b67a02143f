// A channel: one connection as frames, at either end of it, from the stream of bytes to its loss.
// Driven by the client or session that uses it, by its stream, and by what is read and written. No frame passes it: what is
// read and written asks which state it is in. It runs compiled into a flat table.
import { setup } from 'xstate';

/** Events of a channel. Errors travel with the events: the machine never looks into them. */
export type ChannelEvent =
  /** A client waits for the server to introduce itself: by its ServerInfo, then perhaps by its WELCOME. */
  | { readonly type: 'handshake.awaited' }
  | { readonly type: 'introduction.received'; readonly introduction: unknown }
  /** Frames are read from now on, and somebody wants to be told of the loss. */
  | { readonly type: 'channel.opened' }
  | { readonly type: 'channel.ended' }
  /** The stream has taken all that waited. */
  | { readonly type: 'writes.taken' }
  | { readonly type: 'channel.destroyed' }
  /** The bytes are no frames, who reads them has failed, or the stream threw. */
  | { readonly type: 'channel.failed'; readonly error: Error }
  /** The stream is over; without an error where it ended in order. */
  | { readonly type: 'stream.closed'; readonly error?: Error | undefined };

/** Effects of the machine on the world. Each is called at the moment that the chart says, and must not throw. */
export interface ChannelLink {
  /** Hands the event's introduction to the one who waits for it. */
  introduce(event: ChannelEvent): void;
  /** Says goodbye, behind all that was written. */
  endStream(): void;
  /** Closes the stream at once; that it has closed follows. */
  destroyStream(): void;
  /** Drops what has come and was not handed over. */
  drop(): void;
  /** Keeps why it was lost: the event's error, if it has one. */
  keepReason(event: ChannelEvent): void;
  /** Tells the one who waits for an introduction that there will be none. */
  rejectHandshake(): void;
  /** Tells the one who has opened it that it is lost; nobody, where nobody has. */
  tellLost(): void;
}

/** Input of a channel. */
export interface ChannelInput {
  readonly link: ChannelLink;
}

/** Transitions that may happen as long as there is a stream. */
const LOSS = {
  'channel.destroyed': 'closing',
  'channel.failed': { target: 'over', actions: 'destroyStream' },
  'stream.closed': 'over',
} as const;

/** The channel machine. */
export const channelMachine = setup({
  types: {
    context: {} as { readonly link: ChannelLink },
    events: {} as ChannelEvent,
    input: {} as ChannelInput,
  },
  actions: {
    introduce: ({ context, event }) => context.link.introduce(event),
    endStream: ({ context }) => context.link.endStream(),
    destroyStream: ({ context }) => context.link.destroyStream(),
    drop: ({ context }) => context.link.drop(),
    keepReason: ({ context, event }) => context.link.keepReason(event),
    rejectHandshake: ({ context }) => context.link.rejectHandshake(),
    tellLost: ({ context }) => context.link.tellLost(),
  },
}).createMachine({
  id: 'channel',
  description: 'One connection as frames, at either end of it. Whoever opens it is told of its loss, once.',
  context: ({ input }) => ({ link: input.link }),
  initial: 'unread',
  states: {
    unread: {
      description: 'Nobody reads: what comes waits at the peer.',
      on: { 'handshake.awaited': 'handshake', 'channel.opened': 'open', 'channel.ended': 'ending', ...LOSS },
    },
    handshake: {
      description:
        'The server is to say who it is, and with the wire extension whether this client may come in, before any frame.',
      on: { 'introduction.received': { target: 'unread', actions: 'introduce' }, ...LOSS },
    },
    open: {
      description: 'Frames go to and fro.',
      on: { 'channel.ended': 'ending', ...LOSS },
    },
    ending: {
      description: 'What waits is still written, and what comes is read.',
      on: { 'writes.taken': { target: 'ended', actions: 'endStream' }, ...LOSS },
    },
    ended: {
      description: "The goodbye is said, behind all that was written; the peer's is awaited.",
      on: { ...LOSS },
    },
    closing: {
      description: 'It is cut off: nothing is read or written, and the stream has yet to say that it is closed.',
      entry: ['drop', 'destroyStream'],
      on: { 'channel.opened': 'over', 'channel.failed': 'over', 'stream.closed': 'over' },
    },
    over: {
      description: 'The connection is gone. Who comes only now is told why.',
      entry: ['drop', 'keepReason', 'rejectHandshake', 'tellLost'],
      on: {
        'handshake.awaited': { actions: 'rejectHandshake' },
        'channel.opened': { actions: 'tellLost' },
      },
    },
  },
});
