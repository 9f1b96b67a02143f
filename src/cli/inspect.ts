import { once } from 'node:events';
import { createServer } from 'node:net';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import type { Inspect } from '../index.ts';
import { createLocalInspector } from '../inspect.ts';
import { endlessDemo } from './endless-demo.ts';
import type { Terminal } from './terminal.ts';
import { parseArguments, parseWholeNumber, UsageError } from './usage-error.ts';

const LOCAL_PORT = 7007;
const STATELY_PORT = 8080;

/** An inspector that shows the demo, and the function that closes it. */
interface Showing {
  readonly inspect: Inspect;
  close(): Promise<void> | void;
}

/** `cmd-stream inspect`: the demo, slowly and without end, under an inspector; until SIGINT or SIGTERM. */
export async function inspect(args: string[], out: Terminal): Promise<number> {
  const { values } = parseArguments({
    args,
    options: {
      local: { type: 'boolean', default: false },
      port: { type: 'string' },
      'no-open': { type: 'boolean', default: false },
      pace: { type: 'string', default: '400' },
    },
  });
  const paceMs = parseWholeNumber('pace', values.pace, 1, 60_000);
  const portOr = (fallback: number, min: number) =>
    values.port === undefined ? fallback : parseWholeNumber('port', values.port, min, 65_535);
  if (values.local && values['no-open']) throw new UsageError('--no-open goes without --local, which opens nothing');
  const showing = values.local
    ? await showLocally(portOr(LOCAL_PORT, 0), out)
    : await showAtStately(portOr(STATELY_PORT, 1), !values['no-open'], out);
  const stopping = new AbortController();
  const { signal } = stopping;
  const demo = endlessDemo(showing.inspect, paceMs, signal, out);
  try {
    await Promise.race([demo, once(process, 'SIGINT', { signal }), once(process, 'SIGTERM', { signal })]);
  } finally {
    stopping.abort();
    await demo.finally(() => showing.close());
  }
  return 0;
}

async function showLocally(port: number, out: Terminal): Promise<Showing> {
  const inspector = await createLocalInspector({ port });
  out.line(`inspector: ${inspector.url} (stop with Ctrl-C)`);
  return { inspect: inspector, close: () => inspector.close() };
}

/** Stately Inspector: a page of theirs, which a server on this machine hands the events to. */
async function showAtStately(port: number, autoOpen: boolean, out: Terminal): Promise<Showing> {
  const { createWebSocketInspector, createInspectorServer } = await loadStately();
  await requireFree(port);
  const server = createInspectorServer({ port, autoOpen });
  const inspector = createWebSocketInspector({ url: `ws://localhost:${port}` });
  out.line(`Stately Inspector: http://localhost:${port}/, which shows https://stately.ai/inspect (stop with Ctrl-C)`);
  return {
    inspect: inspector,
    close() {
      inspector.stop();
      server.stop();
      // It waits for its pages to leave, and they stay.
      setTimeout(() => process.exit(), 200).unref();
    },
  };
}

async function loadStately() {
  try {
    const [client, server] = await Promise.all([import('@statelyai/inspect'), import('@statelyai/inspect/server')]);
    return { ...client, ...server };
  } catch (error) {
    const how = 'install it (npm install @statelyai/inspect), or use --local, which needs nothing';
    throw new Error(`cannot load @statelyai/inspect: ${describeError(error)}; ${how}`);
  }
}

/** Stately's server would end the process with a stack trace. */
async function requireFree(port: number): Promise<void> {
  const probe = createServer().listen(port);
  try {
    await once(probe, 'listening');
  } catch (error) {
    throw new Error(`cannot listen on port ${port}: ${describeError(error)}; choose another with --port`);
  } finally {
    probe.close();
  }
}
