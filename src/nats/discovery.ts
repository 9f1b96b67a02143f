import type { Msg, NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Figures } from './figures.ts';
import { QUEUE_GROUP } from './subjects.ts';

/** A server as those see it who look for services: `nats micro ls`. */
export interface Described {
  readonly service: string;
  readonly version: string;
  /** Another one for each server. */
  readonly id: string;
  /** When it was started, as ISO 8601 has it. */
  readonly started: string;
  readonly endpoints: readonly { readonly name: string; readonly subject: string }[];
  readonly figures: Figures;
}

const VERBS = ['PING', 'INFO', 'STATS'] as const;
type Verb = (typeof VERBS)[number];

/**
 * Answers those who ask which services there are, what they are like and what they have done, as ADR-32 of NATS says:
 * {@link https://github.com/nats-io/nats-architecture-and-design/blob/main/adr/ADR-32.md}.
 */
export class Discovery {
  readonly #described: Described;
  readonly #subscriptions: readonly Subscription[];

  constructor(broker: NatsConnection, described: Described) {
    const { service, id } = described;
    this.#described = described;
    this.#subscriptions = VERBS.flatMap((verb) =>
      [`$SRV.${verb}`, `$SRV.${verb}.${service}`, `$SRV.${verb}.${service}.${id}`].map((subject) =>
        broker.subscribe(subject, { callback: (error, msg) => this.#answer(verb, error, msg) }),
      ),
    );
  }

  /** Is found no more. */
  stop(): void {
    for (const subscription of this.#subscriptions) subscription.unsubscribe();
  }

  /** Where the broker does not let it hear of those who ask, it is not found, and serves all the same. */
  #answer(verb: Verb, error: Error | null, msg: Msg): void {
    if (error === null && msg.reply) msg.respond(JSON.stringify(this.#tell(verb)));
  }

  #tell(verb: Verb): object {
    const { service: name, id, version, started, endpoints, figures } = this.#described;
    const type = `io.nats.micro.v1.${verb.toLowerCase()}_response`;
    const known = { type, name, id, version, metadata: {} };
    if (verb === 'PING') return known;
    const listed = endpoints.map((endpoint) => ({ ...endpoint, queue_group: QUEUE_GROUP }));
    if (verb === 'STATS') return { ...known, started, endpoints: figures.stats(listed) };
    const metadata = {};
    return { ...known, description: '', endpoints: listed.map((endpoint) => ({ ...endpoint, metadata })) };
  }
}
