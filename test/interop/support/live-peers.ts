import { type ByteStream, CmdStreamError, createSender, memoryTransport, serve } from '../../../src/index.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import { COMMANDS, type CodecPeer } from './peers.ts';
import { interop, protobufInterop } from './protocol.ts';

const HOST = '127.0.0.1';
const PORT = 9000;

/** The protocol for a codec. Both have the same names; their payloads are for the caller to get right. */
function protocolOf(name: string): typeof interop {
  return name === 'protobuf' ? (protobufInterop as unknown as typeof interop) : interop;
}

/** With what error a server closes the connection when a client sends `bytes`; nothing must be executed. */
export async function serverRefusal(name: string, { codec }: CodecPeer, bytes: Buffer): Promise<string | undefined> {
  const transport = memoryTransport();
  const executed: string[] = [];
  const handlers = Object.fromEntries(COMMANDS.map((command) => [command, () => executed.push(command)]));
  let lost: (error: CmdStreamError | undefined) => void;
  const closed = new Promise<CmdStreamError | undefined>((resolve) => {
    lost = resolve;
  });
  await using server = await serve(protocolOf(name), undefined, handlers as never, {
    transport,
    codec,
    port: PORT,
    onConnectionLost: ({ error }) => lost(error),
  });
  const stream = await transport.connect(server.address, AbortSignal.timeout(5000));
  stream.open({ data() {}, drained() {}, closed() {} });
  stream.write(bytes);
  const error = await closed;
  if (executed.length > 0) throw new Error(`executed ${executed}`);
  return error?.code;
}

/** With what error a `send` of the first Command fails when the server answers it with `bytes`. */
export async function senderRefusal(name: string, peer: CodecPeer, bytes: Buffer): Promise<string | undefined> {
  const transport = memoryTransport();
  const streams: ByteStream[] = [];
  const listener = await transport.listen(
    { host: HOST, port: PORT, handshakeTimeoutMs: 1000, maxConnections: 1 },
    {
      connection(stream) {
        streams.push(stream);
        stream.open({ data: () => void stream.write(bytes), drained() {}, closed() {} });
        stream.write(encodeServerInfo('default'));
      },
      acceptError() {},
    },
  );
  const options = { transport, codec: peer.codec, address: listener.address, clients: 1, keepalive: false };
  const protocol = protocolOf(name);
  await using sender = await createSender(protocol, { ...options, reconnect: false });
  const add = protocol.Add(peer.payload('command', 'Add', { A: 2, B: 3 }) as { A: number; B: number });
  const failure = await sender.send(add, { timeoutMs: 5000 }).then(
    () => undefined,
    (error: CmdStreamError) => (error.cause instanceof CmdStreamError ? error.cause.code : error.code),
  );
  for (const stream of streams) stream.destroy();
  await listener.close();
  return failure;
}
