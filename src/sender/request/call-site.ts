import type { CmdStreamError } from '../../base/errors/cmd-stream-error.ts';

/** Line between a message and the stack of whoever called. */
const INTRODUCTION = '    for the send at:\n';
/** The library's own frames in between, from the constructor of the request up to the method that was called. */
const OWN_FRAME = /^ +at (?:\S+\.)?#(?:single|multi) /;

/** The stacks of errors that are handed to several callers: a hook may refuse each send with the same one. */
const ownStacks = new WeakMap<CmdStreamError, string>();

/**
 * Where a send was called: its error comes about in a timer or a socket, and has a stack of the library's alone. Costs a
 * walk over the stack for each send.
 */
export class CallSite {
  declare readonly stack: string;

  /** @param callee - the function that is called there; the stack begins with who called it. */
  constructor(callee: abstract new (...parameters: never[]) => unknown) {
    Error.captureStackTrace(this, callee);
  }

  /** Adds the site to the stack of the error that a send failed with. */
  addTo(error: CmdStreamError): void {
    const own = ownStacks.get(error) ?? String(error.stack);
    const frames = this.stack.split('\n').slice(1);
    const first = frames.findIndex((frame) => !OWN_FRAME.test(frame));
    try {
      error.stack = `${own}\n${INTRODUCTION}${frames.slice(Math.max(first, 0)).join('\n')}`;
      ownStacks.set(error, own);
    } catch {
      // One that a hook has frozen stays as it is.
    }
  }
}
