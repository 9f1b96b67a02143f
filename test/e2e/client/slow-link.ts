import { connect, createServer, type Socket } from 'node:net';
import { listenOn } from '../../support/ports.ts';

/** How many bytes a second a {@link SlowLink} carries. */
export interface Rates {
  readonly up?: number;
  readonly down?: number;
}

const STEP_MS = 10;

/** A relay in front of a server, which carries bytes as slowly as a test says. */
export class SlowLink {
  readonly address: string;
  readonly #close: () => Promise<void>;

  private constructor(address: string, close: () => Promise<void>) {
    this.address = address;
    this.#close = close;
  }

  static async to(target: string, { up = Infinity, down = Infinity }: Rates): Promise<SlowLink> {
    const sockets = new Set<Socket>();
    const timers = new Set<NodeJS.Timeout>();
    const server = createServer((near) => {
      const far = connect(Number(target.split(':').at(-1)), '127.0.0.1');
      for (const socket of [near, far]) {
        sockets.add(socket);
        socket.setNoDelay(true).on('error', () => {});
        socket.on('close', () => {
          sockets.delete(socket);
          near.destroy();
          far.destroy();
          for (const timer of pumps) {
            clearInterval(timer);
            timers.delete(timer);
          }
        });
      }
      const pumps = [pump(near, far, up), pump(far, near, down)];
      for (const timer of pumps) timers.add(timer);
    });
    const port = await listenOn(server);
    return new SlowLink(`127.0.0.1:${port}`, async () => {
      for (const socket of sockets) socket.destroy();
      for (const timer of timers) clearInterval(timer);
      await new Promise((resolve) => server.close(resolve));
    });
  }

  close(): Promise<void> {
    return this.#close();
  }
}

/** Carries what `from` says to `to`: each step as much as the rate allows for the time that has passed. */
function pump(from: Socket, to: Socket, bytesPerSecond: number): NodeJS.Timeout {
  from.pause();
  let lastMs = performance.now();
  let credit = 0;
  return setInterval(() => {
    const nowMs = performance.now();
    // What a pause would have carried is not made up for.
    credit = Math.min(credit + (Math.min(nowMs - lastMs, 100) * bytesPerSecond) / 1000, 64 * 1024 * 1024);
    lastMs = nowMs;
    while (credit >= 1 && from.readableLength + 1 > 0 && !to.writableNeedDrain) {
      const bytes: Buffer | null = from.read(Math.min(Math.floor(credit), Math.max(from.readableLength, 1))) ?? null;
      if (bytes === null) break;
      credit -= bytes.length;
      to.write(bytes);
    }
    if (from.readableLength === 0) credit = Math.min(credit, 64 * 1024);
  }, STEP_MS);
}
