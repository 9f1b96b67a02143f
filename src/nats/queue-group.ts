import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import { QUEUE_GROUP } from './subjects.ts';

/** Takes a message for a type of Command, or hears why none will come. */
export type TakeCommand = (type: number, error: Error | null, msg: Msg) => void;

/** A server's place in the group of all servers of its service: each Command goes to one of those that are in it. */
export class QueueGroup {
  readonly #broker: NatsConnection;
  readonly #subjects: readonly string[];
  readonly #take: TakeCommand;
  #subscriptions: readonly Subscription[] = [];
  /** Whether it is to be in no more. */
  #isLeft = false;

  /** @param subjects - of the Commands, by their type numbers. */
  constructor(broker: NatsConnection, subjects: readonly string[], take: TakeCommand) {
    this.#broker = broker;
    this.#subjects = subjects;
    this.#take = take;
  }

  /** Whether Commands come. */
  get isIn(): boolean {
    return this.#subscriptions.length > 0;
  }

  /** Commands come from now on. */
  join(): void {
    if (this.isIn || this.#isLeft || this.#broker.isClosed()) return;
    this.#subscriptions = this.#subjects.map((subject, type) =>
      this.#broker.subscribe(subject, { queue: QUEUE_GROUP, callback: (error, msg) => this.#take(type, error, msg) }),
    );
  }

  /** Lets others take the next Commands. Resolves when those are here that were on their way. */
  async pause(): Promise<void> {
    const subscriptions = this.#subscriptions;
    this.#subscriptions = [];
    await Promise.allSettled(subscriptions.map((subscription) => subscription.drain()));
  }

  /** The same for good. */
  async leave(): Promise<void> {
    this.#isLeft = true;
    await this.pause();
    // Those that had been let go before may be on their way as well.
    await this.#broker.flush().catch(() => {});
  }
}
