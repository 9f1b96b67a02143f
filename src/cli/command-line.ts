import type { Writable } from 'node:stream';
import { nearest } from '../base/options/near-name.ts';
import { VERSION } from '../base/version.ts';
import { call } from './call.ts';
import { coverage } from './coverage.ts';
import { demo } from './demo.ts';
import { describe } from './describe.ts';
import { helpOf } from './help.ts';
import { inspect } from './inspect.ts';
import { ls } from './ls.ts';
import { ping } from './ping.ts';
import { serveCalc } from './serve.ts';
import { asksForWorkers, serveFile } from './serve-workers.ts';
import { status } from './status.ts';
import { tellFailure } from './tell-failure.ts';
import { Terminal } from './terminal.ts';

/** Where a command line writes: Results and tables to the one, what goes wrong to the other. */
export interface Streams {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/** A sub-command: gets its own arguments, resolves with the exit code. */
type SubCommand = (args: string[], out: Terminal, err: Terminal) => Promise<number>;

const SUB_COMMANDS: Readonly<Record<string, SubCommand>> = {
  demo,
  serve: (args, out, err) => (asksForWorkers(args) ? serveFile(args, out, err) : serveCalc(args, out)),
  ls,
  describe,
  status,
  call,
  ping,
  inspect,
  coverage,
};

/** Runs a command line, the name of a sub-command and what follows it. Resolves with the exit code: 0 done, 1 failed, 2 misused. */
export async function runCommandLine([name, ...args]: readonly string[], to: Streams): Promise<number> {
  const out = new Terminal(to.stdout);
  const err = new Terminal(to.stderr);
  if (name === '--version') {
    out.line(VERSION);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    const [topic] = args;
    if (name === 'help' && topic !== undefined && !Object.hasOwn(SUB_COMMANDS, topic)) return tellUnknown(topic, err);
    (name === undefined ? err : out).page(helpOf(topic));
    return name === undefined ? 2 : 0;
  }
  const subCommand = Object.hasOwn(SUB_COMMANDS, name) ? SUB_COMMANDS[name] : undefined;
  if (subCommand === undefined) return tellUnknown(name, err);
  if (args.includes('--help') || args.includes('-h')) {
    out.page(helpOf(name));
    return 0;
  }
  try {
    return await subCommand(args, out, err);
  } catch (error) {
    return tellFailure(name, error, args.includes('--json'), err);
  }
}

/** Tells that there is no such sub-command, and which one was probably meant. Returns the exit code. */
function tellUnknown(name: string, err: Terminal): number {
  const near = nearest(name, Object.keys(SUB_COMMANDS));
  const hint = near === undefined ? '' : ` (did you mean '${near}'?)`;
  err.line(`cmd-stream: there is no '${name}'${hint}; try 'cmd-stream --help'`);
  return 2;
}
