import { declaredCall } from './call-declared.ts';
import { callDescribed } from './call-described.ts';
import { CONNECT_OPTIONS, readConnectOptions } from './connect-options.ts';
import { Interrupt } from './interrupt.ts';
import { NATS_OPTIONS, ONLY_DIRECT, readNatsWay, refuseBesideNats } from './nats-options.ts';
import { readPayload } from './payload-argument.ts';
import { repeatedly } from './repeat.ts';
import { tellFailure } from './tell-failure.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseSeconds, parseWholeNumber, UsageError } from './usage-error.ts';
import type { WantedCall } from './wanted-call.ts';

/** `cmd-stream call`: sends one Command and prints its Results, each as a line of JSON. */
export async function call(args: string[], out: Terminal, err: Terminal): Promise<number> {
  const { values, positionals } = parseArguments({
    args,
    allowPositionals: true,
    options: {
      ...CONNECT_OPTIONS,
      ...NATS_OPTIONS,
      protocol: { type: 'string' },
      export: { type: 'string' },
      codec: { type: 'string' },
      count: { type: 'string' },
      repeat: { type: 'string' },
      watch: { type: 'string' },
    },
  });
  const way = await readNatsWay(values);
  if (way !== undefined) {
    refuseBesideNats(values, ONLY_DIRECT);
    if (values.protocol === undefined) throw new UsageError('--nats goes with --protocol FILE: no broker has it');
    positionals.unshift(way.urls.join(','));
  }
  const [address, name, payload, ...rest] = positionals;
  if (address === undefined || name === undefined || rest.length > 0) {
    throw new UsageError('call takes an address, the name of a Command, and at most one payload');
  }
  const { protocol, count, codec, repeat, watch, json } = values;
  if (protocol === undefined && values.export !== undefined) throw new UsageError('--export goes with --protocol FILE');
  const times = repeat === undefined ? undefined : parseWholeNumber('repeat', repeat, 1, Number.MAX_SAFE_INTEGER);
  const pauseMs = watch === undefined ? undefined : parseSeconds('watch', watch);
  using interrupt = new Interrupt();
  const { signal } = interrupt;
  const wanted: WantedCall = {
    address,
    engine: way?.engine,
    name,
    payload: await readPayload(payload),
    count:
      count === undefined ? Number.POSITIVE_INFINITY : parseWholeNumber('count', count, 1, Number.MAX_SAFE_INTEGER),
    codec,
    connect: await readConnectOptions(values, err),
    signal,
  };
  const send =
    protocol === undefined
      ? () => callDescribed(wanted, out, err)
      : await declaredCall(wanted, protocol, values.export, out);
  return await repeatedly(send, { times, pauseMs, signal, tell: (error) => tellFailure('call', error, json, err) });
}
