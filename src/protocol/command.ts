/** The keys of what is there for types only. */
declare const types: unique symbol;
declare const results: unique symbol;

/**
 * A Command, ready to be sent: made by the protocol (`calc.Add({ a: 2, b: 3 })`).
 *
 * `Name` is its name in the protocol, `Value` what `send` resolves to, `Input` what it was made of.
 */
export class Command<out Name extends string = string, out Value = unknown, out Input = unknown> {
  /** Its name in the protocol. */
  readonly name: Name;
  /** Its type number on the wire. */
  readonly type: number;
  /** Payload that the server's handler gets. */
  readonly payload: unknown;
  /** The protocol that it belongs to. */
  readonly protocol: object;
  declare readonly [types]?: { readonly value: Value; readonly input: Input } | undefined;

  /** @internal For the makers of a protocol. */
  constructor(name: Name, type: number, payload: unknown, protocol: object) {
    this.name = name;
    this.type = type;
    this.payload = payload;
    this.protocol = protocol;
  }
}

/** A Command that may be answered by several Results, since one of its Result types has `lastOne`: for `sendMulti` alone. */
export interface StreamCommand<out Name extends string = string, out Value = unknown, out Input = unknown>
  extends Command<Name, Value, Input> {
  readonly [results]?: 'several: sendMulti() takes them' | undefined;
}

/** A Command that is answered by one Result. */
export type SingleCommand<Name extends string = string, Value = unknown, Input = unknown> = Command<
  Name,
  Value,
  Input
> & {
  readonly [results]?: undefined;
};

/** Goes by the shape: a protocol may have been loaded with another copy of the library than its sender. */
export function isCommand(value: unknown): value is Command {
  try {
    return typeof value === 'object' && value !== null && 'protocol' in value && 'type' in value;
  } catch {
    // What cannot be asked (a revoked Proxy) is none.
    return false;
  }
}
