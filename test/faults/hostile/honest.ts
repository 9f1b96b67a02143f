import { command, createSender, defineProtocol, result, type Sender } from 'cmd-stream';

const echo = defineProtocol({
  results: { Value: result<unknown>() },
  commands: { Echo: command<unknown>().returns('Value') },
});

/** A client that does nothing wrong, and measures how long it waits for its Results. */
export class HonestClient {
  readonly #sender: Sender<typeof echo>;

  private constructor(sender: Sender<typeof echo>) {
    this.#sender = sender;
  }

  static async connect(port: number): Promise<HonestClient> {
    return new HonestClient(
      await createSender(echo, { address: `127.0.0.1:${port}`, reconnect: false, keepalive: false }),
    );
  }

  /** The median of the times that so many Commands take, one after the other; in milliseconds. */
  async medianMs(count = 200): Promise<number> {
    const times: number[] = [];
    for (let n = 0; n < count; n++) {
      const startMs = performance.now();
      if ((await this.#sender.send(echo.Echo(n))) !== n) throw new Error('that is the Result of another');
      times.push(performance.now() - startMs);
    }
    return times.sort((a, b) => a - b)[count >> 1] as number;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#sender.close();
  }
}
