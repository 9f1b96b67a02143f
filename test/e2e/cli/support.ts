import { beforeAll } from 'vitest';
import { type Compiled, compile, ROOT } from '../../support/compiled.ts';
import { type Ended, type Running, type RunOptions, start } from '../../support/run.ts';

/** The command line, as it is built of the sources. */
export interface CommandLine {
  /** The script behind `npx cmd-stream`. */
  readonly bin: string;
  /** `cmd-stream ...args`, run to its end in the root of the project. */
  run(args: readonly string[], options?: RunOptions): Promise<Ended>;
  /** The same for one that stays. */
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
    run: (args, options) => own.start(args, options).ended,
    async serve(...args) {
      const server = own.start(['serve', '--port', '0', ...args], { timeoutMs: 300_000 });
      const [, address] = await server.says(/^serving Add, Countdown and AddLater on (\S+:\d+) \(\w+\); .*\n/);
      return { server, address: address as string };
    },
  };
  return own;
}
