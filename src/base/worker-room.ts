/** Where a process of `serveWorkers` keeps its room: by a name that every copy of the library in the process finds. */
const ROOM = Symbol.for('cmd-stream.worker');

/** A server as its process has it end. */
export interface ServedInRoom {
  readonly address: string;
  readonly done: Promise<void>;
  drain(options: { readonly timeoutMs: number }): Promise<void>;
  close(): Promise<void>;
}

/** What a process of `serveWorkers` is told by the library within it. */
export interface WorkerRoom {
  /** Whether listeners share their port by the system's SO_REUSEPORT. */
  readonly reusePort: boolean;
  /** A server listens. */
  served(server: ServedInRoom): void;
  /** Metrics were made. */
  counted(metrics: { collect(): unknown }): void;
}

/** The room of this process; `undefined` where it is no process of `serveWorkers`. */
export function workerRoom(): WorkerRoom | undefined {
  return (globalThis as { readonly [ROOM]?: WorkerRoom })[ROOM];
}

/** Makes this process one of `serveWorkers`. */
export function openWorkerRoom(room: WorkerRoom): void {
  Object.defineProperty(globalThis, ROOM, { value: room });
}
