import { ReferenceBreaker } from '../../unit/sender/breaker/reference-model.ts';
import type { Past, Violation } from '../history.ts';

const promise = 'breaker';

/** Whose fault an error is, said once more: only these tell against the service. */
const AGAINST_THE_SERVICE = [
  'timeout',
  'unavailable',
  'connect-failed',
  'handshake-timeout',
  'server-info-mismatch',
  'connection-lost',
  'protocol-error',
  'command-failed',
];

/** The circuit breaker does what the reference model does, fed with what the sends' hooks heard. */
export function* breakerModel({ entries, schedule, sends, hooked }: Past): Generator<Violation> {
  const plan = schedule.sender.breaker;
  if (plan === null || !hooked) return;
  const model = new ReferenceBreaker(plan);
  /** Commands that were admitted and have not ended, as the model keeps them. */
  const underWay: number[] = [];
  let shown = 'closed';
  const end = (id: number, outcome: 'succeed' | 'fail' | 'neutral') => {
    const index = underWay.indexOf(id);
    if (index < 0) return;
    underWay.splice(index, 1);
    model.end(index, outcome);
  };
  for (const { kind, details, atMs } of entries) {
    // Half-open comes by a timer, which fires on a whole millisecond after its time or a little later.
    const isTimed = kind === 'breaker' && details.state === 'half-open';
    model.passTo(atMs, isTimed ? atMs + 1.01 : Number.NEGATIVE_INFINITY);
    const id = Number(details.id);
    switch (kind) {
      case 'ending':
        return;
      case 'breaker':
        shown = String(details.state);
        if (isTimed && model.state !== 'half-open') {
          yield {
            promise,
            atMs,
            message: `half-open ${model.openForMs.toFixed(3)} ms too early; the model is ${model.state}`,
          };
          return;
        }
        break;
      case 'breaker.reset':
        model.reset();
        break;
      case 'asked':
        if (!model.admit()) {
          yield { promise, id, atMs, message: `send ${id} was admitted; the model is ${model.state} and admits none` };
          return;
        }
        underWay.push(id);
        if (schedule.sender.hooks === 'refuse' && id % 4 === 0) end(id, 'neutral');
        break;
      case 'settled': {
        if (details.code !== 'circuit-open' || sends.get(id)?.asked !== undefined) break;
        if (model.admits) {
          yield {
            promise,
            id,
            atMs,
            message: `send ${id} was not admitted; the model is ${model.state} and admits it`,
          };
          return;
        }
        break;
      }
      case 'answered':
        if (details.last === true) end(id, 'succeed');
        else if (underWay.includes(id) && model.begin(underWay.indexOf(id))) underWay.splice(underWay.indexOf(id), 1);
        break;
      case 'ended':
        end(id, outcomeOf(String(details.how), String(details.code), Number(details.seq), details.failure));
        if (model.state !== shown) {
          yield {
            promise,
            id,
            atMs,
            message: `the breaker is ${shown} after send ${id} (${details.code}), the model ${model.state}`,
          };
          return;
        }
    }
  }
}

function outcomeOf(how: string, code: string, seq: number, failure: unknown): 'succeed' | 'fail' | 'neutral' {
  if (how === 'timedOut') return 'fail';
  if (how === 'cancelled') return 'neutral';
  if (failure === 'not-found' || failure === 'permission-denied' || failure === 'conflict') return 'succeed';
  return AGAINST_THE_SERVICE.includes(code) || (code === 'frame-too-large' && seq > 0) ? 'fail' : 'neutral';
}
