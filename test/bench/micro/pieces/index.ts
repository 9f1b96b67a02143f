import type { Piece } from '../piece.ts';
import { batchWrite } from './batch-write.ts';
import { breaker, breakerWindow } from './breaker.ts';
import { deadlineQueue } from './deadline-queue.ts';
import { frameDecode } from './frame-decode.ts';
import { msgpackDecode, msgpackEncode, plainMaker, scan } from './msgpack.ts';
import { pendingTable } from './pending-table.ts';
import { request } from './request.ts';
import { varint } from './varint.ts';

/** All pieces, in the order in which a Command passes them. */
export const PIECES: readonly Piece[] = [
  request,
  deadlineQueue,
  breakerWindow,
  breaker,
  pendingTable,
  varint,
  plainMaker,
  msgpackEncode,
  batchWrite,
  scan,
  msgpackDecode,
  frameDecode,
];
