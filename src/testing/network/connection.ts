import type { SeededRandom } from '../kit/random.ts';
import { type PathState, Pipe, type PipeContext } from './pipe.ts';
import { SimulatedStream } from './simulated-stream.ts';

/** A simulated connection: two ends, and a pipe for each direction. */
export class Connection {
  /** As it is called in the log. */
  readonly who: string;
  readonly client: SimulatedStream;
  readonly server: SimulatedStream;
  readonly pipes: readonly [Pipe, Pipe];
  #open = 2;

  /**
   * @param addresses - the client's and the server's, as the other shows them.
   * @param states - of the path to the server, and of the path back.
   * @param gone - called when it is over at both ends.
   */
  constructor(
    context: PipeContext & { readonly random: SeededRandom },
    who: string,
    from: string,
    to: string,
    addresses: readonly [string, string],
    states: readonly [PathState, PathState],
    gone: () => void,
  ) {
    this.who = who;
    const there = new Pipe(context, who, from, to, context.random.stream('there'), states[0]);
    const back = new Pipe(context, who, to, from, context.random.stream('back'), states[1]);
    this.pipes = [there, back];
    this.client = new SimulatedStream(context, who, from, addresses[1], there, back);
    this.server = new SimulatedStream(context, who, to, addresses[0], back, there);
    for (const pipe of this.pipes) pipe.onCut = () => this.reset();
    for (const end of [this.client, this.server]) {
      end.onOver = () => {
        if (--this.#open > 0) return;
        for (const pipe of this.pipes) pipe.die();
        gone();
      };
    }
  }

  /** Whether it is one between these machines, whichever of them dialled. */
  isBetween({ from, to }: { readonly from?: string; readonly to?: string }): boolean {
    const ends = [this.client.host, this.server.host];
    return [ends, ends.toReversed()].some(
      ([one, other]) => (from === undefined || from === one) && (to === undefined || to === other),
    );
  }

  /** Both ends learn at once that it is reset. */
  reset(): void {
    this.client.reset(false);
    this.server.reset(false);
  }

  /** Nothing passes any more, and nobody learns of it. */
  fallSilent(): void {
    for (const pipe of this.pipes) pipe.die();
  }

  /** The end on `host` is lost; `tell`: its system tells the other end. */
  lose(host: string, tell: boolean): void {
    for (const end of [this.client, this.server]) if (end.host === host) end.reset(tell);
  }

  /** How fast processes read has changed. */
  readAgain(): void {
    this.client.readAgain();
    this.server.readAgain();
  }
}
