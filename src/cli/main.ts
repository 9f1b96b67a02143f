#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';

// A reader that has seen enough (`| head`) closes the pipe: no reason to fail.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCommandLine(process.argv.slice(2), process);
