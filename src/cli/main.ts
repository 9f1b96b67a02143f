#!/usr/bin/env node
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { VERSION } from '../base/version.ts';
import { call } from './call.ts';
import { demo } from './demo.ts';
import { HELP, helpOf } from './help.ts';
import { inspect } from './inspect.ts';
import { serveCalc } from './serve.ts';
import { Terminal } from './terminal.ts';
import { isMisuse } from './usage-error.ts';

/** A sub-command: gets its own arguments, resolves with the exit code. */
type SubCommand = (args: string[], out: Terminal) => Promise<number>;

const SUB_COMMANDS: Readonly<Record<string, SubCommand>> = { demo, serve: serveCalc, call, inspect };

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
    err.line(`cmd-stream: there is no '${name}'`);
    err.page(`\n${HELP}`);
    return 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    out.page(helpOf(name));
    return 0;
  }
  try {
    return await subCommand(args, out);
  } catch (error) {
    err.line(`cmd-stream ${name}: ${describeError(error)}`);
    if (!isMisuse(error)) return 1;
    err.page(`\n${helpOf(name)}`);
    return 2;
  }
}

// A reader that has seen enough (`| head`) closes the pipe: no reason to fail.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await main(process.argv.slice(2));
