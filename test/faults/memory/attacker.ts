import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';

/** The Commands of server-process.ts, by their numbers on the wire. */
export const COMMANDS = { Echo: 0, Wait: 1, Big: 2, Bigs: 3 } as const;

/** A frame with this payload; `length`: that it announces, where that is another than it has. */
export function frame(seq: number, command: keyof typeof COMMANDS, payload: Buffer, length = payload.length): Buffer {
  const writer = new ByteWriter();
  writer.writeVarint(seq);
  writer.writeVarint(COMMANDS[command]);
  writer.writeVarint(length);
  return Buffer.concat([writer.buffer.subarray(0, writer.position), payload]);
}

/** Somebody who sends bytes of their own to a server, and reads nothing unless told to. */
export class Attacker implements Disposable {
  readonly #socket: Socket;
  /** Why the connection is gone, if it is. */
  ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('close', () => {
      this.ended = true;
    });
    socket.on('error', () => {});
  }

  /** @param reads - whether what the server says is taken, and thrown away. */
  static async to(port: number, reads: boolean): Promise<Attacker> {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    await once(socket, 'connect');
    if (reads) socket.resume();
    else socket.pause();
    return new Attacker(socket);
  }

  /** Resolves once the network has taken the bytes, or a while has passed in which it did not; then `false`. */
  async send(bytes: Buffer, patienceMs = 500): Promise<boolean> {
    if (this.ended) return false;
    return await new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), patienceMs);
      this.#socket.write(bytes, () => {
        clearTimeout(timer);
        resolve(true);
      });
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
