import type { ClientStatus, GroupStatus } from './status.ts';

/** Finds out what has changed between one look at a group's status and the next. */
export class StatusWatch {
  readonly #read: () => GroupStatus;
  readonly #tell: (change: GroupStatus | ClientStatus) => void;
  #seen: GroupStatus;
  /** Changes that have not been told of. The first stays until it has been: what a listener causes comes after it. */
  readonly #untold: (GroupStatus | ClientStatus)[] = [];

  /** @param tell - gets each change; it must not throw. */
  constructor(read: () => GroupStatus, tell: (change: GroupStatus | ClientStatus) => void) {
    this.#read = read;
    this.#tell = tell;
    this.#seen = read();
  }

  /** Something may have changed. A ping, for one, is a step in a client's life and no change of its status. */
  look(): void {
    const isTelling = this.#untold.length > 0;
    this.#findChanges();
    if (isTelling) return;
    for (let change = this.#untold[0]; change !== undefined; change = this.#untold[0]) {
      this.#tell(change);
      this.#untold.shift();
    }
  }

  #findChanges(): void {
    const before = this.#seen;
    const now = this.#read();
    this.#seen = now;
    for (const client of now.clients) if (isOther(before.clients[client.id], client)) this.#untold.push(client);
    if (before.state !== now.state || before.ready !== now.ready) this.#untold.push(now);
  }
}

function isOther(before: ClientStatus | undefined, now: ClientStatus): boolean {
  return (
    before?.state !== now.state ||
    before.address !== now.address ||
    before.attempt !== now.attempt ||
    before.delayMs !== now.delayMs ||
    before.error !== now.error
  );
}
