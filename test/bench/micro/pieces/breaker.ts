import { createCircuitBreaker } from '../../../../src/sender/breaker/circuit-breaker.ts';
import { FailureWindow } from '../../../../src/sender/breaker/failure-window.ts';
import type { Piece } from '../piece.ts';
import { sink } from '../sample.ts';

const SIZE = 100;

/** What a circuit breaker remembers. */
export const breakerWindow: Piece = {
  name: 'breaker window',
  operation: 'one outcome remembered, and the failure rate read',
  plain: 'a ring in an array, written inline',
  atMost: 2,
  prepare() {
    const window = new FailureWindow(SIZE);
    const outcomes = new Array<number>(SIZE).fill(0);
    return {
      ours(count) {
        let sum = 0;
        for (let index = 0; index < count; index++) {
          window.record((index & 7) !== 0);
          sum += window.failureRate;
        }
        sink.value = sum;
      },
      plain(count) {
        let sum = 0;
        let next = 0;
        let failures = 0;
        for (let index = 0; index < count; index++) {
          const outcome = (index & 7) === 0 ? 1 : 0;
          failures += outcome - (outcomes[next] as number);
          outcomes[next] = outcome;
          next = next + 1 === SIZE ? 0 : next + 1;
          sum += failures / SIZE;
        }
        sink.value = sum;
      },
    };
  },
};

/** What a circuit breaker costs a send that succeeds. */
export const breaker: Piece = {
  name: 'circuit breaker',
  operation: 'one send admitted, and its success told',
  plain: 'the window alone',
  atMost: 4.5,
  prepare() {
    const circuitBreaker = createCircuitBreaker();
    const window = new FailureWindow(SIZE);
    return {
      ours(count) {
        for (let index = 0; index < count; index++) circuitBreaker.succeed(circuitBreaker.admit());
      },
      plain(count) {
        for (let index = 0; index < count; index++) window.record(true);
      },
    };
  },
};
