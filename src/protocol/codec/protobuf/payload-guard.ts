import type { DescMessage } from '@bufbuild/protobuf';
import { CmdStreamError } from '../../../base/errors/cmd-stream-error.ts';
import { RefusedPayload } from '../refused-payload.ts';
import { MAX_PAYLOAD_DEPTH } from '../sendable.ts';
import { ProtobufScan } from './scan.ts';
import { isRecursive, mayHoldTextKeys, type Shape, Shapes } from './shape.ts';

/** A shorter payload cannot be nested too deeply, and what it takes in memory is not worth the look. */
const MIN_SCANNED_BYTES = 2 * (MAX_PAYLOAD_DEPTH + 1);

const PROTO = Buffer.from('__proto__');

/** Refuses messages of one type that nobody should read: that take too much memory, or would change prototypes. */
class PayloadGuard {
  readonly #shape: Shape;
  readonly #hasTextKeys: boolean;
  readonly #isRecursive: boolean;

  constructor(shape: Shape) {
    this.#shape = shape;
    this.#hasTextKeys = mayHoldTextKeys(shape);
    this.#isRecursive = isRecursive(shape);
  }

  /**
   * About how many bytes of memory a payload takes; 0: not said.
   * @throws RefusedPayload for what is nested too deeply or has a map with the key `__proto__`; Error for what is cut off.
   */
  weigh(buffer: Buffer, start: number, end: number): number {
    const isLong = end - start >= MIN_SCANNED_BYTES;
    if (!isLong && !(this.#hasTextKeys && buffer.subarray(start, end).includes(PROTO))) return 0;
    return ProtobufScan.weigh(this.#shape, buffer, start, end);
  }

  /** @throws CmdStreamError `encode-failed` for a payload that would be refused when it arrives. */
  checkSent(bytes: Uint8Array): void {
    const { buffer, byteOffset, byteLength } = bytes;
    const isDeep = this.#isRecursive && byteLength >= MIN_SCANNED_BYTES;
    if (!isDeep && !(this.#hasTextKeys && Buffer.from(buffer, byteOffset, byteLength).includes(PROTO))) return;
    try {
      ProtobufScan.weigh(this.#shape, bytes, 0, byteLength);
    } catch (error) {
      if (!(error instanceof RefusedPayload)) throw error;
      throw new CmdStreamError('encode-failed', `cannot be encoded: payload: ${error.message}`);
    }
  }
}

/** The guards of all types of messages of one direction, made when they are first needed. */
export class PayloadGuards {
  readonly #shapes = new Shapes();
  readonly #guards = new Map<DescMessage, PayloadGuard>();

  of(schema: DescMessage): PayloadGuard {
    let guard = this.#guards.get(schema);
    if (guard === undefined) {
      guard = new PayloadGuard(this.#shapes.of(schema));
      this.#guards.set(schema, guard);
    }
    return guard;
  }
}
