import type { Measure } from '../measure.ts';
import { measurePiece } from '../measure-piece.ts';
import { request } from '../pieces/request.ts';

/** The life of a compiled request actor. */
export const requestLife: Measure = {
  name: 'request-life',
  async run({ quick }) {
    const { ours, plain } = await measurePiece(request, { rounds: quick ? 5 : 15, roundMs: quick ? 10 : 60 });
    return [
      {
        what: 'life of a compiled request actor: made, sent, settled',
        value: ours.ns / 1000,
        unit: 'us',
        target: { kind: 'at most', bound: 0.5, stretch: 0.3 },
      },
      { what: 'a promise alone', value: plain.ns / 1000, unit: 'us' },
    ];
  },
};
