import { createServer, type Server, type Socket } from 'node:net';
import { Packr, Unpackr } from 'msgpackr';
import { ByteReader, NEED_MORE } from '../../../src/base/bytes/byte-reader.ts';
import { ByteWriter } from '../../../src/base/bytes/byte-writer.ts';
import { varintSize, writeVarint } from '../../../src/base/bytes/varint.ts';
import { FIRST_RESERVED_TYPE, RESERVED_TYPES } from '../../../src/protocol/reserved.ts';
import { writeControlFrame } from '../../../src/wire/extension/control-frame.ts';

/** A Command as the peer sees it. */
export interface PeerCommand {
  readonly seq: number;
  readonly type: number;
  readonly payload: unknown;
  /** The connection that it came over. */
  readonly connection: PeerConnection;
}

/** A frame of the wire extension as the peer sees it. */
export interface PeerControl {
  readonly seq: number;
  readonly type: number;
  readonly body: Buffer;
  readonly connection: PeerConnection;
}

const packr = new Packr({ useRecords: false, variableMapSize: true });
const unpackr = new Unpackr({ useRecords: false });

/** One accepted connection of a {@link ScriptedPeer}. */
export class PeerConnection {
  readonly socket: Socket;
  pings = 0;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  /** Sends a Result. */
  result(seq: number, type: number, value: unknown): void {
    this.socket.write(resultFrame(seq, type, value));
  }

  /** Sends a frame of the wire extension. */
  control(seq: number, name: keyof typeof RESERVED_TYPES, body: Uint8Array = Buffer.alloc(0)): void {
    const writer = new ByteWriter();
    writeControlFrame(writer, seq, RESERVED_TYPES[name], body);
    this.socket.write(Buffer.from(writer.buffer.subarray(0, writer.position)));
  }

  /** Sends bytes as they are. */
  raw(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  /** Answers a Ping. */
  pong(): void {
    this.socket.write(Uint8Array.of(0));
  }

  /** Cuts the connection hard. */
  reset(): void {
    this.socket.resetAndDestroy();
  }
}

/** How a {@link ScriptedPeer} behaves. */
export interface PeerScript {
  /** The ServerInfo to send; `null` sends none. Default 'default'. */
  readonly serverInfo?: string | null;
  /** Whether Pings are answered. Default true. */
  readonly answersPings?: boolean;
  /** Fields of the WELCOME by which a HELLO is answered. Default: it is not answered. */
  readonly welcome?: object;
  readonly onConnection?: (connection: PeerConnection) => void;
  readonly onControl?: (frame: PeerControl) => void;
  readonly onCommand?: (command: PeerCommand) => void;
}

/** The bytes of a Result frame with a MessagePack payload. */
export function resultFrame(seq: number, type: number, value: unknown): Buffer {
  const payload = packr.pack(value);
  const frame = Buffer.alloc(varintSize(seq) + varintSize(type) + varintSize(payload.length) + payload.length);
  let position = writeVarint(frame, 0, seq);
  position = writeVarint(frame, position, type);
  position = writeVarint(frame, position, payload.length);
  payload.copy(frame, position);
  return frame;
}

/**
 * A server that speaks the bytes of the protocol and otherwise does what a test says: stay silent, answer twice, cut a
 * frame in the middle. It stands where the real server would be too well-behaved.
 */
export class ScriptedPeer {
  readonly connections: PeerConnection[] = [];
  readonly commands: PeerCommand[] = [];
  readonly controls: PeerControl[] = [];
  accepted = 0;
  readonly #server: Server;
  readonly #script: PeerScript;

  private constructor(server: Server, script: PeerScript) {
    this.#server = server;
    this.#script = script;
  }

  static async listen(script: PeerScript = {}, port = 0): Promise<ScriptedPeer> {
    const server = createServer();
    const peer = new ScriptedPeer(server, script);
    server.on('connection', (socket) => peer.#accept(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return peer;
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  /** Stops listening and cuts all connections. */
  async stop(): Promise<void> {
    for (const { socket } of this.connections) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  #accept(socket: Socket): void {
    const { serverInfo = 'default', onConnection } = this.#script;
    const connection = new PeerConnection(socket);
    this.accepted++;
    this.connections.push(connection);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.on('close', () => this.connections.splice(this.connections.indexOf(connection), 1));
    if (serverInfo !== null) socket.write(Buffer.concat([Uint8Array.of(serverInfo.length), Buffer.from(serverInfo)]));
    onConnection?.(connection);
    let kept = Buffer.alloc(0);
    socket.on('data', (bytes: Buffer) => {
      kept = Buffer.concat([kept, bytes]);
      kept = kept.subarray(this.#read(connection, kept));
    });
  }

  #controlCame(frame: PeerControl): void {
    this.controls.push(frame);
    const { welcome } = this.#script;
    if (frame.type === RESERVED_TYPES.hello && welcome !== undefined) {
      frame.connection.control(1, 'welcome', Buffer.from(JSON.stringify(welcome)));
    }
    this.#script.onControl?.(frame);
  }

  /** Reads the whole frames in `bytes` and returns where the rest begins. */
  #read(connection: PeerConnection, bytes: Buffer): number {
    const reader = new ByteReader();
    reader.buffer = bytes;
    reader.end = bytes.length;
    for (;;) {
      const start = reader.position;
      const seq = reader.readVarint();
      if (seq === NEED_MORE) return start;
      if (seq === 0) {
        connection.pings++;
        if (this.#script.answersPings !== false) connection.pong();
        continue;
      }
      const type = reader.readVarint();
      const length = type === NEED_MORE ? NEED_MORE : reader.readVarint();
      if (length === NEED_MORE || reader.available < length) return start;
      if (type >= FIRST_RESERVED_TYPE) {
        const body = Buffer.from(bytes.subarray(reader.position, reader.position + length));
        reader.position += length;
        this.#controlCame({ seq, type, body, connection });
        continue;
      }
      const payload = unpackr.unpack(bytes.subarray(reader.position, reader.position + length));
      reader.position += length;
      const command = { seq, type, payload, connection };
      this.commands.push(command);
      this.#script.onCommand?.(command);
    }
  }
}
