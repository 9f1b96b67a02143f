/** One client's connection, as handlers, the invoker and callbacks see it: the same object for all of them. */
export interface ClientConnection {
  /** Its number among all connections of the server: 1, 2, 3, ... */
  readonly id: number;
  /**
   * State that belongs to the connection, and goes with it: who has logged in, what was looked up. An object without prototype,
   * empty at first, for whoever uses it; `authorize` and `onConnection` come before all handlers.
   */
  readonly state: Record<string, unknown>;
}

/** See {@link ClientConnection}. */
export class NumberedConnection implements ClientConnection {
  readonly id: number;
  #state: Record<string, unknown> | undefined;

  constructor(id: number) {
    this.id = id;
  }

  get state(): Record<string, unknown> {
    this.#state ??= Object.create(null) as Record<string, unknown>;
    return this.#state;
  }
}
