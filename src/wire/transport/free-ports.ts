/** The ports that are given out for port 0: the range that IANA leaves for such use (RFC 6335, section 6). */
const FIRST_FREE_PORT = 49_152;
const LAST_FREE_PORT = 65_535;

/** Ports of a network that has no sockets, given out one after the other. */
export class FreePorts {
  #next = FIRST_FREE_PORT;

  /** The next one; of those that are not taken. */
  next(isTaken: (port: number) => boolean = () => false): number {
    for (;;) {
      const port = this.#next;
      this.#next = port === LAST_FREE_PORT ? FIRST_FREE_PORT : port + 1;
      if (!isTaken(port)) return port;
    }
  }
}
