import type { ResultProxy } from './handlers.ts';

/** What a proxy needs of its Command. */
export interface ProxiedCommand {
  /** Whether Results are dropped. */
  readonly isClosed: boolean;
  /** Sends a Result; returns a promise where the next one should wait. */
  giveByProxy(result: unknown): Promise<void> | undefined;
}

/** `context.proxy`, made when a handler asks for it. */
export class CommandProxy implements ResultProxy<unknown> {
  readonly #command: ProxiedCommand;

  constructor(command: ProxiedCommand) {
    this.#command = command;
  }

  get closed(): boolean {
    return this.#command.isClosed;
  }

  send(result: unknown): void | Promise<void> {
    return this.#command.giveByProxy(result);
  }
}
