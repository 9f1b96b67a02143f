import type { CmdStreamErrorCode, SenderOptions, ServerOptions } from 'cmd-stream';
import { soon } from '../client/stage.ts';
import type { Scene } from './coded.ts';
import { shop } from './watched.ts';

/** A way in which a send ends by the code. */
export interface Ending {
  /** When it does, or, with `instead`, why none does. */
  readonly when: string;
  readonly fails: (scene: Scene) => Promise<unknown>;
  /** The code that a send ends by where it cannot by this one, which is that of the cause. */
  readonly instead?: CmdStreamErrorCode;
  /** The Command that is looked at. Default `Echo`. */
  readonly of?: string;
  /** What the caller's span is where it is no error's. */
  readonly atClient?: 'no span';
  /** How the Command ended at its server; missing: it has not seen it. */
  readonly atServer?: readonly [code: CmdStreamErrorCode | 'OK', status: 'ERROR' | 'UNSET'];
  /** The process is to be warned of this. */
  readonly warns?: string;
}

/** A way in which something fails by the code that is no send: nobody tells of it. */
export interface Beside {
  /** When it does. */
  readonly when: string;
  readonly failsBeside: (scene: Scene) => Promise<unknown>;
}

/** The ways for each of some codes. */
export type Endings = Readonly<Partial<Record<CmdStreamErrorCode, readonly (Ending | Beside)[]>>>;

interface Options {
  readonly sender?: Partial<SenderOptions>;
  readonly server?: Partial<ServerOptions>;
}

/** The Command that most send. */
export const echo = shop.Echo('a');

/** Options of a sender at whose address nobody listens. */
export const dead = { lazy: true, address: '127.0.0.1:1' };

/** Sends an `Echo`. */
export const echoing = (options: Options) => async (scene: Scene) => (await scene.open(options)).sender.send(echo);

/** Has one Command at the server that takes all the room which `options` leave it. */
export async function busy(scene: Scene, options: Options) {
  const { sender, server } = await scene.open(options);
  const controller = new AbortController();
  const waiting = sender.send(shop.Wait(), { signal: controller.signal });
  waiting.catch(() => {});
  await soon(() => scene.server.inFlight).toBe(1);
  return { sender, server, waiting, leave: () => controller.abort() };
}
