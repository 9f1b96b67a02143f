import { VirtualClock } from '../../../../src/testing/kit/virtual-clock.ts';
import type { NetworkOptions } from '../../../../src/testing/network/network.ts';
import { simulatedNetwork } from '../../../../src/testing/network/network.ts';
import type { Transport } from '../../../../src/wire/transport/transport.ts';

/** A virtual clock that runs by itself, one timer in each turn of the event loop, as long as any is set. */
class RunningClock extends VirtualClock {
  #runs = false;

  override at(atMs: number, callback: () => void): unknown {
    this.#run();
    return super.at(atMs, callback);
  }

  #run(): void {
    if (this.#runs) return;
    this.#runs = true;
    setImmediate(() => {
      this.#runs = false;
      this.fireNext();
      if (this.timers > 0) this.#run();
    });
  }
}

/** A simulated network whose time runs, so that tests of real transports can run over it as well. */
export function runningNetwork(options: NetworkOptions = {}): Transport {
  return simulatedNetwork({ clock: new RunningClock(), ...options });
}
