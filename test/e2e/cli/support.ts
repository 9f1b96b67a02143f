import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { beforeAll } from 'vitest';
import { type Compiled, compile, ROOT } from '../../support/compiled.ts';
import { program } from '../../support/program.ts';
import { type Ended, type Running, type RunOptions, start } from '../../support/run.ts';

/** The protocol of the front page, declared to the command line in place of being asked for. */
export const DECLARED = ['--protocol', program(new URL('../../../examples/calc.ts', import.meta.url))];

/** The command line, as it is built of the sources. */
export interface CommandLine {
  /** The script behind `npx cmd-stream`. */
  readonly bin: string;
  /**
   * `cmd-stream ...args`, run to its end in the root of the project: in this process, which spares its start, or in one of
   * its own where it is given something that only a process has.
   */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same for one that stays, in a process of its own. */
  start(args: readonly string[], options?: RunOptions): Running;
  /** `cmd-stream serve ...args` on a free port, once it listens. */
  serve(...args: string[]): Promise<{ readonly server: Running; readonly address: string }>;
}

/** Builds the command line before the tests of a file. */
export function commandLine(): CommandLine {
  let compiled: Compiled;
  beforeAll(async () => {
    compiled = await compile();
  });

  const own: CommandLine = {
    get bin() {
      return compiled.bin;
    },
    start: (args, options) => start(process.execPath, [own.bin, ...args], { cwd: ROOT, ...options }),
    run: (args, options) => (options === undefined ? runHere(compiled, args) : own.start(args, options).ended),
    async serve(...args) {
      const server = own.start(['serve', '--port', '0', ...args], { timeoutMs: 300_000 });
      const [, address] = await server.says(/^serving Add, Countdown and AddLater on (\S+:\d+) \(\w+\); .*\n/);
      return { server, address: address as string };
    },
  };
  return own;
}

/** Runs the command line as it is built, and as Node loads it, in this process. */
async function runHere({ folder }: Compiled, args: readonly string[]): Promise<Ended> {
  const load = createRequire(import.meta.url);
  const { runCommandLine }: typeof import('../../../src/cli/command-line.ts') = load(
    join(folder, 'dist/command-line.js'),
  );
  const [stdout, stderr] = [new Written(), new Written()];
  const code = await runCommandLine(args, { stdout, stderr });
  return { code, stdout: stdout.text, stderr: stderr.text };
}

/** A stream that keeps what is written to it. */
class Written extends Writable {
  text = '';

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}
