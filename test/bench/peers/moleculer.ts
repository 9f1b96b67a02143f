// Moleculer: a call from one node to a service of another, TCP transporter, JSON.
import { randomUUID } from 'node:crypto';
import { ServiceBroker } from 'moleculer';
import type { Message } from '../message.ts';
import type { BenchSystem } from '../system.ts';
import { freePort } from './support.ts';

export const system: BenchSystem = {
  async startServer() {
    const port = await freePort();
    const nodeID = `server-${randomUUID()}`;
    const broker = makeBroker(nodeID, { port, udpDiscovery: false });
    broker.createService({ name: 'bench', actions: { echo: (context: { params: Message }) => context.params } });
    await broker.start();
    return { address: { port, note: nodeID }, close: () => broker.stop() };
  },
  // One connection between two nodes is all that it makes.
  async startClient({ port, note }) {
    const broker = makeBroker(`client-${randomUUID()}`, {
      port: await freePort(),
      udpDiscovery: false,
      urls: [`127.0.0.1:${port}/${note}`],
    });
    await broker.start();
    await broker.waitForServices('bench', 10_000);
    return {
      echo: (message) => broker.call<Message, Message>('bench.echo', message),
      close: () => broker.stop(),
    };
  },
};

function makeBroker(nodeID: string, options: object): ServiceBroker {
  return new ServiceBroker({
    nodeID,
    namespace: 'bench',
    logger: false,
    transporter: { type: 'TCP', options },
    registry: { preferLocal: false },
    maxCallLevel: 0,
    tracking: { enabled: false },
    disableBalancer: false,
  });
}
