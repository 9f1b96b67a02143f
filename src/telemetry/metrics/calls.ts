import type { CmdStreamErrorCode } from '../../base/errors/cmd-stream-error.ts';
import { type Attributes, methodOf, nameAttribute, serverAttributes } from '../attributes.ts';
import type { Outcome } from '../telemetry.ts';
import type { HistogramValue, Point } from './family.ts';
import { Histogram } from './histogram.ts';
import { SeriesSet } from './series.ts';

/** How long calls took, by the name of the sender or server, by Command, by address, by how they ended. */
export class CallDurations {
  readonly #series: SeriesSet<Histogram>;

  constructor(bounds: readonly number[]) {
    this.#series = new SeriesSet(() => new Histogram(bounds));
  }

  /** Those of one sender or server. */
  of(name: string | undefined): OwnDurations {
    return new OwnDurations(this.#series, name);
  }

  get points(): readonly Point<HistogramValue>[] {
    return this.#series.points(({ value }) => value);
  }
}

/** Durations of the calls of one sender or server. */
class OwnDurations {
  readonly #series: SeriesSet<Histogram>;
  readonly #name: string | undefined;
  /** The series that was asked for last: calls of one kind come in rows. */
  #last: Histogram | undefined;
  #lastProtocol: string | undefined;
  #lastMethod: string | undefined;
  #lastAddress: string | undefined;
  #lastCode: string | undefined;

  constructor(series: SeriesSet<Histogram>, name: string | undefined) {
    this.#series = series;
    this.#name = name;
  }

  /**
   * Counts a call.
   *
   * @param protocol - the name of the protocol.
   * @param address - where the server is; `undefined` where that is not known, or no matter.
   */
  record(
    protocol: string | undefined,
    command: string | undefined,
    address: string | undefined,
    outcome: Outcome,
    durationMs: number,
  ): void {
    const code = outcome === 'success' ? undefined : outcome.code;
    if (
      this.#last === undefined ||
      command !== this.#lastMethod ||
      protocol !== this.#lastProtocol ||
      address !== this.#lastAddress ||
      code !== this.#lastCode
    ) {
      const method = methodOf(protocol, command);
      const key = `${method}|${address ?? ''}|${code ?? ''}|${this.#name ?? ''}`;
      this.#last = this.#series.at(key, () => ({ ...describe(method, address, code), ...nameAttribute(this.#name) }));
      this.#lastProtocol = protocol;
      this.#lastMethod = command;
      this.#lastAddress = address;
      this.#lastCode = code;
    }
    this.#last.record(durationMs);
  }
}

function describe(method: string, address: string | undefined, code: CmdStreamErrorCode | undefined): Attributes {
  return {
    'rpc.system.name': 'cmd-stream',
    'rpc.method': method,
    'rpc.status_code': code ?? 'OK',
    ...(code !== undefined && { 'error.type': code }),
    ...(address !== undefined && serverAttributes(address)),
  };
}
