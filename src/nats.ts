// For everyone whose senders and servers find each other by NATS.

export { natsEngine } from './nats/nats-engine.ts';
export type { NatsConnectionOptions, NatsOptions } from './nats/options.ts';
export type { Engine } from './wire/engine.ts';
