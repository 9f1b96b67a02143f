import { durationMs, flag, invalidOption, optionNames, share, wholeNumber } from '../../base/options/check.ts';
import { type LinkOptions, resolveLink } from './link.ts';

/** When a fault begins. */
export interface Begins {
  /** Milliseconds since the simulation began. Default: now. */
  readonly atMs?: number;
}

/** When a fault begins, and how long it lasts. */
export interface Lasts extends Begins {
  /** Default: until `network.heal()`. */
  readonly forMs?: number;
}

/** Which connections a fault concerns, by the machines at their ends; left out: whichever. */
export interface Between {
  /** For faults that have a direction: where the bytes come from. */
  readonly from?: string;
  /** For faults that have a direction: where the bytes go to. */
  readonly to?: string;
}

/**
 * Something that goes wrong, as plain data: what a schedule of faults is made of.
 *
 * | kind | what happens |
 * |---|---|
 * | `crash` | the process on `server` is killed: its connections are reset, dials refused; then it is started again |
 * | `power-off` | `server` is gone without a word: writes to it vanish, dials hang; back again, it resets what it does not know |
 * | `refuse` | dials to `server` are refused; its connections live on |
 * | `hang` | dials to `server` are not answered |
 * | `reset` | the connections are reset |
 * | `half-open` | nothing passes on the connections that there are, for ever, and nobody is told; new ones work |
 * | `partition` | nothing passes between the machines; what was sent arrives afterwards. `oneWay`: only `from` -> `to` is cut |
 * | `cut` | each connection that there is carries `afterBytes` bytes more `from` -> `to`, then it is reset |
 * | `corrupt` | one byte of a piece `from` -> `to` becomes another, with the probability `rate` for each piece (default 1) |
 * | `slow-reader` | the process on `host` reads `bytesPerSecond`; 0 (the default): nothing, until its peers' writers stall |
 * | `link` | the path `from` -> `to` is another: these options of `link` count |
 * | `dns` | `name` resolves to these hosts; `'fail'`: to none; `'hang'`: the question is not answered |
 */
export type Fault =
  | ({ readonly kind: 'crash' | 'power-off' | 'refuse' | 'hang'; readonly server: string } & Lasts)
  | ({ readonly kind: 'reset' | 'half-open' } & Between & Begins)
  | ({ readonly kind: 'partition'; readonly oneWay?: boolean } & Between & Lasts)
  | ({ readonly kind: 'cut'; readonly afterBytes: number } & Between & Begins)
  | ({ readonly kind: 'corrupt'; readonly rate?: number } & Between & Lasts)
  | ({ readonly kind: 'slow-reader'; readonly host: string; readonly bytesPerSecond?: number } & Lasts)
  | ({ readonly kind: 'link'; readonly link: LinkOptions } & Between & Lasts)
  | ({ readonly kind: 'dns'; readonly name: string; readonly answer: readonly string[] | 'fail' | 'hang' } & Lasts);

/** The faults that last. */
export type LastingFault = Extract<Fault, { readonly forMs?: number }>;

/** Which fields a fault has, by its kind. */
const FIELDS: { readonly [Kind in Fault['kind']]: readonly string[] } = {
  crash: ['server', 'forMs'],
  'power-off': ['server', 'forMs'],
  refuse: ['server', 'forMs'],
  hang: ['server', 'forMs'],
  reset: ['from', 'to'],
  'half-open': ['from', 'to'],
  partition: ['from', 'to', 'oneWay', 'forMs'],
  cut: ['from', 'to', 'afterBytes'],
  corrupt: ['from', 'to', 'rate', 'forMs'],
  'slow-reader': ['host', 'bytesPerSecond', 'forMs'],
  link: ['from', 'to', 'link', 'forMs'],
  dns: ['name', 'answer', 'forMs'],
};

/** @throws CmdStreamError `invalid-argument` for what is no fault. */
export function checkFault(fault: Fault): void {
  const fields = FIELDS[fault?.kind];
  if (fields === undefined) {
    throw invalidOption('fault.kind', Object.keys(FIELDS).join(', '), fault?.kind);
  }
  optionNames(`the fault '${fault.kind}'`, fault, ['kind', 'atMs', ...fields]);
  durationMs('fault.atMs', fault.atMs, 0, { minMs: 0 });
  if ('forMs' in fault) durationMs('fault.forMs', fault.forMs, 0, { minMs: 0 });
  for (const field of ['server', 'host', 'name', 'from', 'to'] as const) {
    if (!fields.includes(field)) continue;
    const value: unknown = Reflect.get(fault, field);
    if (value === undefined && (field === 'from' || field === 'to')) continue;
    if (typeof value !== 'string' || value === '') throw invalidOption(`fault.${field}`, 'the name of a host', value);
  }
  if (fault.kind === 'partition') flag('fault.oneWay', fault.oneWay, false);
  if (fault.kind === 'cut') wholeNumber('fault.afterBytes', fault.afterBytes ?? null, 0, { min: 0 });
  if (fault.kind === 'corrupt') share('fault.rate', fault.rate, 1);
  if (fault.kind === 'slow-reader') wholeNumber('fault.bytesPerSecond', fault.bytesPerSecond, 0, { min: 0 });
  if (fault.kind === 'link') resolveLink(fault.link ?? null);
  if (fault.kind === 'dns' && fault.answer !== 'fail' && fault.answer !== 'hang' && !isListOfTexts(fault.answer)) {
    throw invalidOption('fault.answer', `a list of hosts, 'fail' or 'hang'`, fault.answer);
  }
}

function isListOfTexts(value: unknown): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((entry) => typeof entry === 'string' && entry !== '');
}

/** Whether a fault concerns what goes from one machine to another. */
export function concerns({ from, to }: Between, source: string, target: string): boolean {
  return (from === undefined || from === source) && (to === undefined || to === target);
}
