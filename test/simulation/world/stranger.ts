import type { SimulatedNetwork } from '../../../src/testing.ts';

/** Connects to a server as nobody who knows the protocol, sends bytes, and leaves when told to, or after a while. */
export async function visitAsStranger(
  network: SimulatedNetwork,
  host: string,
  bytes: readonly number[],
): Promise<void> {
  const patience = network.clock.timeoutSignal(2000);
  try {
    const stream = await network.from('stranger').connect(`${host}:9000`, patience);
    let told = false;
    stream.open({
      data: () => {},
      drained: () => {},
      closed: (error) => {
        if (told) return;
        told = true;
        network.log.add('stranger.closed', host, { reset: error !== undefined });
      },
    });
    stream.write(Buffer.from(bytes));
    patience.addEventListener('abort', () => stream.destroy(), { once: true });
  } catch {
    // Nobody listens just now.
  }
}
