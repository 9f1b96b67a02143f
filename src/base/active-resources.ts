/** Resources that a simulation, or a test runner, may have at any moment, and nobody waits for. */
const NOT_WAITED_FOR = /^(Immediate|TickObject|Microtask|MessagePort|Worker)/;

/** Resources that the process waits for beside those of when this was made: `Timeout`, `FSReqPromise`, `TCPSocketWrap`. */
export class ActiveResources {
  readonly #before = counts();

  /** Their kinds, as Node calls them. What does not keep the process (an unrefed timer) is not among them. */
  get added(): readonly string[] {
    return [...counts()].filter(([kind, count]) => count > (this.#before.get(kind) ?? 0)).map(([kind]) => kind);
  }
}

function counts(): Map<string, number> {
  const found = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (!NOT_WAITED_FOR.test(kind)) found.set(kind, (found.get(kind) ?? 0) + 1);
  }
  return found;
}
