import { CmdStreamError } from '../base/errors/cmd-stream-error.ts';
import type { Welcome } from '../wire/extension/introduction.ts';
import { codecNamed } from './codec-option.ts';
import { DEFAULT_TIMEOUT_MS } from './connect-options.ts';
import { DescribedCall } from './described-call.ts';
import { commandNamed, speakCodec } from './described-service.ts';
import { DirectConnection } from './direct-connection.ts';
import type { Terminal } from './terminal.ts';
import type { WantedCall } from './wanted-call.ts';

/** Sends a Command of a protocol that the server describes. */
export async function callDescribed(call: WantedCall, out: Terminal, err: Terminal): Promise<void> {
  const { address, connect, count, payload, codec, signal } = call;
  if (codec !== undefined) codecNamed(codec);
  const connection = await DirectConnection.open(address, connect, { signal });
  try {
    const command = commandNamed(connection, call.name);
    speakCodec(connection, connection.welcome as Welcome, codec);
    // A stream may take as long as it likes.
    const timeoutMs = connect.timeoutMs ?? (command.several === true ? Number.POSITIVE_INFINITY : DEFAULT_TIMEOUT_MS);
    const { metadata } = connect;
    const options = { payload, metadata, timeoutMs, count, signal, out };
    const sent = new DescribedCall(connection, command, options);
    const end = await sent.run();
    if (end === 'interrupted' && command.several === false) {
      throw new CmdStreamError('cancelled', `${command.name} at ${address} was interrupted`, { mayHaveExecuted: true });
    }
    if (end === 'out-of-time') {
      err.line(
        `cmd-stream call: stopped after ${timeoutMs} ms (--timeout): ${address} does not say which Result is the last`,
      );
    }
    await out.drained();
  } finally {
    await connection.close();
  }
}
