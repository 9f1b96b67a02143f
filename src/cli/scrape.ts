import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { WalkedEdge } from '../base/edge-counts.ts';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import { UsageError } from './usage-error.ts';

const METRIC = 'cmd_stream_transitions_total';
/** A sample of Prometheus: name, labels, value, and perhaps a time. */
const SAMPLE = /^(\w+)\{((?:[^"}]|"(?:[^"\\]|\\.)*")*)\}\s+(\S+)(?:\s+-?\d+)?\s*$/;
const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;

/**
 * The edges that a scrape tells of, each as often as all of its series say together.
 *
 * @param file - a file with what Prometheus is served, or `-` for standard input.
 * @throws UsageError
 */
export async function readScrape(file: string): Promise<readonly WalkedEdge[]> {
  const where = file === '-' ? 'standard input' : file;
  const edges = parseScrape(await read(file), where);
  if (edges.length > 0) return edges;
  throw new UsageError(
    `${where} holds no ${METRIC}: it must be what metricsText() gives for a sender or server that has done something`,
  );
}

/** @throws UsageError */
export function parseScrape(scrape: string, where: string): readonly WalkedEdge[] {
  const edges = new Map<string, WalkedEdge>();
  for (const [index, line] of scrape.split(/\r?\n/).entries()) {
    if (!line.startsWith(`${METRIC}{`) && !line.startsWith(`${METRIC} `)) continue;
    const { chart, from, event, to, count } = sampleOf(line, `${where}, line ${index + 1}`);
    const key = JSON.stringify([chart, from, event, to]);
    edges.set(key, { chart, from, event, to, count: count + (edges.get(key)?.count ?? 0) });
  }
  return [...edges.values()].filter(({ count }) => count > 0);
}

function sampleOf(line: string, where: string): WalkedEdge {
  const [, , labels = '', value] = SAMPLE.exec(line) ?? [];
  const told = Object.fromEntries([...labels.matchAll(LABEL)].map(([, name, text]) => [name, unescaped(text ?? '')]));
  const { chart, from, event, to } = told;
  const count = Number(value);
  if (chart === undefined || from === undefined || event === undefined || to === undefined || !(count >= 0)) {
    throw new UsageError(
      `${where}: ${METRIC} must have the labels chart, from, event and to, and a count; got ${line}`,
    );
  }
  return { chart, from, event, to, count };
}

const unescaped = (text: string) => text.replace(/\\(.)/g, (_, letter: string) => (letter === 'n' ? '\n' : letter));

async function read(file: string): Promise<string> {
  if (file === '-') return text(process.stdin);
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new UsageError(`coverage takes a file that can be read: ${describeError(error)}`);
  }
}
