#!/usr/bin/env node
import { describeError } from '../errors/cmd-stream-error.ts';
import { call } from './call.ts';
import { demo } from './demo.ts';
import { HELP, helpOf } from './help.ts';
import { serveCalc } from './serve.ts';
import { Terminal } from './terminal.ts';
import { UsageError } from './usage-error.ts';

/** A sub-command: gets its own arguments, resolves with the exit code. */
type SubCommand = (args: string[], out: Terminal) => Promise<number>;

const SUB_COMMANDS: Readonly<Record<string, SubCommand>> = { demo, serve: serveCalc, call };

/** Runs the command line and resolves with the exit code: 0 done, 1 failed, 2 misused. */
async function main([name = '', ...args]: string[]): Promise<number> {
  const out = new Terminal(process.stdout);
  const err = new Terminal(process.stderr);
  const subCommand = SUB_COMMANDS[name];
  if (subCommand === undefined) {
    const asked = name === '--help' || name === '-h' || name === 'help';
    (asked ? out : err).line(asked ? HELP : `cmd-stream: no command '${name}'\n\n${HELP}`);
    return asked ? 0 : 2;
  }
  if (args.includes('--help') || args.includes('-h')) {
    out.line(helpOf(name));
    return 0;
  }
  try {
    return await subCommand(args, out);
  } catch (error) {
    err.line(`cmd-stream ${name}: ${describeError(error)}`);
    if (!(error instanceof UsageError)) return 1;
    err.line(`\n${helpOf(name)}`);
    return 2;
  }
}

process.exitCode = await main(process.argv.slice(2));
