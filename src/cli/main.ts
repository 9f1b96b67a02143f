#!/usr/bin/env node
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { nearest } from '../base/options/near-name.ts';
import { VERSION } from '../base/version.ts';
import { call } from './call.ts';
import { coverage } from './coverage.ts';
import { demo } from './demo.ts';
import { helpOf } from './help.ts';
import { inspect } from './inspect.ts';
import { ls } from './ls.ts';
import { ping } from './ping.ts';
import { serveCalc } from './serve.ts';
import { Terminal } from './terminal.ts';
import { failureOf, isMisuse } from './usage-error.ts';

/** A sub-command: gets its own arguments, resolves with the exit code. */
type SubCommand = (args: string[], out: Terminal, err: Terminal) => Promise<number>;

const SUB_COMMANDS: Readonly<Record<string, SubCommand>> = {
  demo,
  serve: serveCalc,
  ls,
  call,
  ping,
  inspect,
  coverage,
};

/** Runs the command line and resolves with the exit code: 0 done, 1 failed, 2 misused. */
async function main([name, ...args]: string[]): Promise<number> {
  const out = new Terminal(process.stdout);
  const err = new Terminal(process.stderr);
  if (name === '--version') {
    out.line(VERSION);
    return 0;
  }
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    (name === undefined ? err : out).page(helpOf(args[0]));
    return name === undefined ? 2 : 0;
  }
  const subCommand = Object.hasOwn(SUB_COMMANDS, name) ? SUB_COMMANDS[name] : undefined;
  if (subCommand === undefined) {
    const near = nearest(name, Object.keys(SUB_COMMANDS));
    const hint = near === undefined ? '' : ` (did you mean '${near}'?)`;
    err.line(`cmd-stream: there is no '${name}'${hint}; try 'cmd-stream --help'`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    out.page(helpOf(name));
    return 0;
  }
  try {
    return await subCommand(args, out, err);
  } catch (error) {
    const misuse = isMisuse(error);
    if (args.includes('--json')) err.json(failureOf(error));
    else err.line(`cmd-stream ${name}: ${describeError(error)}${misuse ? `; try 'cmd-stream ${name} --help'` : ''}`);
    return misuse ? 2 : 1;
  }
}

// A reader that has seen enough (`| head`) closes the pipe: no reason to fail.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
