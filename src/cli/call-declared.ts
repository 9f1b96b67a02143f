import { type Codec, type Command, createSender } from '../index.ts';
import { type AnyProtocol, protocolTables } from '../protocol/protocol.ts';
import { codecNamed, isCodecName } from './codec-option.ts';
import { DEFAULT_TIMEOUT_MS } from './connect-options.ts';
import { unknownCommand } from './described-service.ts';
import { type LoadedModule, loadModule } from './load-protocol.ts';
import type { Terminal } from './terminal.ts';
import type { WantedCall } from './wanted-call.ts';

/**
 * Function that sends a Command of a protocol that a module declares; the module is loaded once.
 * @throws UsageError
 */
export async function declaredCall(
  call: WantedCall,
  file: string,
  exportName: string | undefined,
  out: Terminal,
): Promise<() => Promise<void>> {
  const module = await loadModule(file);
  const protocol = module.protocol(exportName);
  const codec = codecOf(call.codec ?? 'msgpack', module);
  const command = makeCommand(protocol, call.name, call.payload);
  return () => send(call, { protocol, codec, command }, out);
}

/** What a module declares of a call. */
interface Declared {
  readonly protocol: AnyProtocol;
  readonly codec: Codec;
  readonly command: Command;
}

async function send(call: WantedCall, { protocol, codec, command }: Declared, out: Terminal): Promise<void> {
  const { address, connect, count, signal } = call;
  const several = mayBeSeveral(protocol, command);
  const { serverInfo, metadata, tls, handshakeTimeoutMs } = connect;
  const way = call.engine === undefined ? { address, serverInfo, metadata, tls } : { engine: call.engine };
  await using sender = await createSender(protocol, {
    ...way,
    codec,
    handshakeTimeoutMs,
    signal,
  });
  const timeoutMs = connect.timeoutMs ?? (several ? Number.POSITIVE_INFINITY : DEFAULT_TIMEOUT_MS);
  let received = 0;
  try {
    for await (const value of sender.sendMulti(command, { timeoutMs, metadata, signal })) {
      out.json(value);
      received++;
      if (received >= count) break;
      await out.drained();
    }
  } catch (error) {
    if (!signal.aborted || !several) throw error;
  }
  await out.drained();
}

function codecOf(name: string, module: LoadedModule): Codec {
  return isCodecName(name) ? codecNamed(name) : module.codec(name);
}

function makeCommand(protocol: AnyProtocol, name: string, payload: unknown): Command {
  const { commandEntries } = protocol[protocolTables];
  if (!commandEntries.some((entry) => entry.name === name)) {
    const names = commandEntries.map((entry) => entry.name);
    throw unknownCommand('the protocol', name, names);
  }
  const make = (protocol as unknown as Record<string, (payload: unknown) => Command>)[name];
  return (make as (payload: unknown) => Command)(payload);
}

function mayBeSeveral(protocol: AnyProtocol, { type }: Command): boolean {
  const { commandEntries, resultEntries } = protocol[protocolTables];
  const types = commandEntries[type]?.resultTypes ?? [];
  return types.some((result) => resultEntries[result]?.definition.lastOne !== undefined);
}
