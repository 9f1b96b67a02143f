import { type ChannelEvent, type ChannelLink, channelMachine } from '../../machines/channel.ts';
import { type CompiledMachine, compileMachine } from '../base/compile.ts';
import { CompiledActor } from '../base/compiled-actor.ts';
import { countedBy, type EdgeCounts } from '../base/edge-counts.ts';

/** The channel machine as a table. */
export type ChannelTable = CompiledMachine<{ link: ChannelLink }, ChannelEvent>;

const MACHINE: ChannelTable = compileMachine(channelMachine);
const HANDSHAKE = MACHINE.stateNumber('handshake');
const ENDING = MACHINE.stateNumber('ending');
const ENDED = MACHINE.stateNumber('ended');
const CLOSING = MACHINE.stateNumber('closing');
const OVER = MACHINE.stateNumber('over');

/** The table that channels walk, counted by all of these. */
export function channelTable(edges: readonly EdgeCounts[]): ChannelTable {
  return countedBy(edges, MACHINE);
}

/**
 * The life of a channel: an actor of the channel machine, whose state the parts of the channel go by. No action reads or
 * writes frames: what that finds out is an event, and an event within a transition waits for its end.
 */
export class ChannelLife extends CompiledActor<{ link: ChannelLink }, ChannelEvent> {
  readonly #context: { link: ChannelLink };

  constructor(link: ChannelLink, table = MACHINE) {
    super(table);
    this.#context = { link };
  }

  protected override get machineContext(): { link: ChannelLink } {
    return this.#context;
  }

  /** Whether the ServerInfo is what is read next. */
  get isHandshake(): boolean {
    return this.stateNumber === HANDSHAKE;
  }

  /** Whether the goodbye follows as soon as all is written. */
  get isEnding(): boolean {
    return this.stateNumber === ENDING;
  }

  /** Whether nothing is read or written any more. */
  get isOver(): boolean {
    return this.stateNumber === CLOSING || this.stateNumber === OVER;
  }

  /** Whether the stream takes bytes: after the goodbye it does not. */
  get mayWrite(): boolean {
    return !this.isOver && this.stateNumber !== ENDED;
  }

  happen(event: ChannelEvent): void {
    this.receive(MACHINE.eventNumber(event.type), event);
  }
}
