// What the services of the shop say to each other.
import { command, defineProtocol, result } from 'cmd-stream';
import { z } from 'zod';

const item = z.object({ sku: z.string().min(1), count: z.number().int().positive() });

export interface Order {
  id: number;
  sku: string;
  count: number;
}

/** The gateway asks the orders. */
export const orders = defineProtocol({
  results: { Order: result<Order>() },
  commands: { Place: command(item).returns('Order'), Get: command<{ id: number }>().returns('Order') },
});

/** The orders ask the inventory. */
export const inventory = defineProtocol({
  results: { Left: result<number>() },
  commands: { Take: command(item).returns('Left') },
});
