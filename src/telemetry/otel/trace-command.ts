import { Command } from '../../protocol/command.ts';
import type { OpenTelemetryOptions } from './open-telemetry.ts';

/**
 * Payload of a Command that carries its trace, as Go services have it that use `TraceCmd` of `otelcmd-stream-go`: what it is about
 * stands in `Cmd`, and what a propagator has written in `MapCarrier`.
 */
export interface TraceCmd<out Payload = unknown> {
  /** What a propagator has written: `{ traceparent: '00-...' }`; written by {@link traceCmds} where the Command is sent. */
  readonly MapCarrier?: Readonly<Record<string, string>> | null | undefined;
  /** Payload of the Command within. */
  readonly Cmd: Payload;
}

/**
 * Makes the payload of a Command that is to carry its trace.
 *
 * @example
 * ```ts
 * await sender.send(calc.Add(traceCmd({ A: 2, B: 3 })));
 * ```
 */
export function traceCmd<Payload>(payload: Payload): TraceCmd<Payload> {
  return { MapCarrier: {}, Cmd: payload };
}

/**
 * `inject` and `extract` of {@link openTelemetry} for protocols whose Commands carry their trace as `TraceCmd` of Go's
 * `otelcmd-stream-go` does; Commands of other forms are left as they are. One trace joins both languages then, both ways.
 *
 * @example
 * ```ts
 * const calc = defineProtocol({
 *   results: { Sum: result<number>() },
 *   commands: { Add: command<TraceCmd<{ A: number; B: number }>>().returns('Sum') },
 * });
 * const sender = await createSender(calc, { codec: json(), telemetry: openTelemetry({ ...traceCmds }) });
 * ```
 */
export const traceCmds: Readonly<Required<Pick<OpenTelemetryOptions, 'inject' | 'extract'>>> = Object.freeze({
  inject(command: Command, carrier: Readonly<Record<string, string>>): Command | undefined {
    const { name, type, payload, protocol } = command;
    if (!isTraceCmd(payload)) return undefined;
    return new Command(name, type, { ...payload, MapCarrier: { ...carrier } }, protocol);
  },
  extract: ({ payload }: { readonly payload: unknown }): Readonly<Record<string, string>> | undefined =>
    isTraceCmd(payload) ? textsOf(payload.MapCarrier) : undefined,
});

function isTraceCmd(payload: unknown): payload is TraceCmd {
  return typeof payload === 'object' && payload !== null && Object.hasOwn(payload, 'Cmd');
}

/** The texts of what a peer has sent, who may have sent anything; keys as propagators are answered here, in lower case. */
function textsOf(carrier: unknown): Readonly<Record<string, string>> | undefined {
  if (typeof carrier !== 'object' || carrier === null) return undefined;
  const texts = Object.create(null) as Record<string, string>;
  for (const [key, text] of Object.entries(carrier)) {
    if (typeof text === 'string') texts[key.toLowerCase()] = text;
  }
  return texts;
}
