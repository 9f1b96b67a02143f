import type { Mutant } from './mutant.ts';

/** Faults that show where code of the user's sends, cancels or closes in the middle of things. */
export const OF_USER_CODE: readonly Mutant[] = [
  {
    name: 'the line is served while it is served',
    file: 'src/sender/send-path.ts',
    from: 'return this.#leaving !== undefined || this.#group.isDispatching;',
    to: 'return false;',
    why: 'what a strategy sends has a Command sent twice that waits and is being sent',
  },
  {
    name: 'no look after pick()',
    file: 'src/sender/group/group.ts',
    from: '      if (pending.settled) return undefined;\n      const isReady',
    to: '      const isReady',
    also: {
      file: 'src/sender/client/departure.ts',
      from: 'return !this.#refusing && this.#leaving?.settled !== true;',
      to: 'return !this.#refusing;',
    },
    why: 'a Command is executed whose send a strategy has cancelled',
  },
  {
    name: 'no look after encoding: settled',
    file: 'src/sender/client/departure.ts',
    from: 'return !this.#refusing && this.#leaving?.settled !== true;',
    to: 'return !this.#refusing;',
    why: 'a Command is executed that a getter of its payload has cancelled',
  },
  {
    name: 'no look after encoding: refusing',
    file: 'src/sender/client/departure.ts',
    from: 'return !this.#refusing && this.#leaving?.settled !== true;',
    to: 'return this.#leaving?.settled !== true;',
    also: {
      file: 'src/sender/client/departure.ts',
      from: '    if (this.#reason !== undefined) this.#failPending(this.#reason);\n',
      to: '',
    },
    why: 'a send whose payload closes the sender never settles',
  },
  {
    name: 'what must not leave is not taken back',
    file: 'src/wire/write-batch.ts',
    from: '      gathered.position = start;\n      return 0;',
    to: '      return 0;',
    why: 'a Command is executed of which it was said that it was not sent',
  },
  {
    name: 'encoded when it leaves',
    file: 'src/sender/send-path.ts',
    from: 'const refusal = this.#give(request, encoded);',
    to: 'const refusal = this.#give(request, undefined);',
    why: 'what waits is sent as what its payload has become meanwhile',
  },
  {
    name: 'encoded when the hooks have thought',
    file: 'src/sender/send-path.ts',
    from: 'if (encoded !== undefined) this.#send(request, encoded);\n      },\n',
    to: 'if (encoded !== undefined) this.#send(request);\n      },\n',
    why: 'what hooks think about is sent as what its payload has become meanwhile',
  },
  {
    name: 'a thenable that calls back at once is lost',
    file: 'src/sender/hooks/ask-hooks.ts',
    from: 'return new Promise((resolve) => resolve(answer));',
    to: 'return answer as Promise<unknown>;',
    why: 'a send whose hook has said yes is never sent',
  },
  {
    name: 'observers are told in the middle',
    file: 'src/inspect/late-observer.ts',
    from: '      if (this.#untold.length === 1) this.#defer(this.#tell);\n',
    to: '      this.#tell();\n',
    why: 'what an observer does comes between two steps of a transition',
  },
];
