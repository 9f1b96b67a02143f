import { PendingTable } from '../../../../src/base/pending-table.ts';
import type { Piece } from '../piece.ts';
import { sink } from '../sample.ts';

/** As many entries stand in the table. */
const WINDOW = 1000;

/** What waits for Results. */
export const pendingTable: Piece = {
  name: 'pending table',
  operation: 'one entry added, found and taken out, 1,000 others being there',
  plain: 'a Map',
  atMost: 0.7,
  prepare() {
    const table = new PendingTable<object>();
    const map = new Map<number, object>();
    let ourSeq = 0;
    let plainSeq = 0;
    for (; ourSeq < WINDOW; ourSeq++) table.add(ourSeq, { seq: ourSeq });
    for (; plainSeq < WINDOW; plainSeq++) map.set(plainSeq, { seq: plainSeq });
    return {
      ours(count) {
        for (let index = 0; index < count; index++, ourSeq++) {
          table.add(ourSeq, { seq: ourSeq });
          sink.value = table.get(ourSeq - WINDOW);
          table.delete(ourSeq - WINDOW);
        }
      },
      plain(count) {
        for (let index = 0; index < count; index++, plainSeq++) {
          map.set(plainSeq, { seq: plainSeq });
          sink.value = map.get(plainSeq - WINDOW);
          map.delete(plainSeq - WINDOW);
        }
      },
    };
  },
};
