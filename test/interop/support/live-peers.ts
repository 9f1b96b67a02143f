import { ByteReader } from '../../../src/base/bytes/byte-reader.ts';
import { CmdStreamError, createSender, memoryTransport, serve } from '../../../src/index.ts';
import { ERROR_RESULT_TYPE } from '../../../src/protocol/reserved.ts';
import type { ByteStream } from '../../../src/transport.ts';
import { encodeServerInfo } from '../../../src/wire/server-info.ts';
import { bind, COMMANDS, type CodecPeer } from './peers.ts';
import { interop, protobufInterop } from './protocol.ts';

const HOST = '127.0.0.1';
const PORT = 9000;

/** The protocol for a codec. Both have the same names; their payloads are for the caller to get right. */
function protocolOf(name: string): typeof interop {
  return name === 'protobuf' ? (protobufInterop as unknown as typeof interop) : interop;
}

/** With what error a server answers, or closes the connection, when a client sends `bytes`; nothing must be executed. */
export async function serverRefusal(name: string, { codec }: CodecPeer, bytes: Buffer): Promise<string | undefined> {
  const transport = memoryTransport();
  const executed: string[] = [];
  const handlers = Object.fromEntries(COMMANDS.map((command) => [command, () => executed.push(command)]));
  let refused: (code: string | undefined) => void;
  const refusal = new Promise<string | undefined>((resolve) => {
    refused = resolve;
  });
  await using server = await serve(protocolOf(name), undefined, handlers as never, {
    transport,
    codec,
    port: PORT,
    onConnectionLost: ({ error }) => refused(error?.code),
  });
  const stream = await transport.connect(server.address, AbortSignal.timeout(5000));
  const introduction = encodeServerInfo('default;x1').length;
  let received = Buffer.alloc(0);
  stream.open({
    data(more) {
      received = Buffer.concat([received, more]);
      if (received.length > introduction) refused(errorIn(codec, received.subarray(introduction)));
    },
    drained() {},
    closed() {},
  });
  stream.write(bytes);
  const code = await refusal;
  if (executed.length > 0) throw new Error(`executed ${executed}`);
  return code;
}

/** What the error Result in `bytes` says; nothing where it is none. */
function errorIn(codec: CodecPeer['codec'], bytes: Buffer): string | undefined {
  const reader = new ByteReader();
  Object.assign(reader, { buffer: bytes, position: 0, end: bytes.length });
  reader.readVarint();
  const message = { type: 0, value: undefined as unknown };
  const isError = bind(codec, 'result').decode(reader, message) && message.type === ERROR_RESULT_TYPE;
  return isError ? (message.value as { code: string }).code : undefined;
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
