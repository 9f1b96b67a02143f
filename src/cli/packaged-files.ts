import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { describeError } from '../base/errors/cmd-stream-error.ts';
import type { WalkedByTests } from './covered-edges.ts';

/** The sources and what is built of them stand at different depths. */
const FOLDERS = ['../visualizations', '../../visualizations'].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** The edges that the tests of this version walk. */
export async function readWalked(): Promise<WalkedByTests> {
  return JSON.parse(await readPackaged('walked.json'));
}

/** The drawing of a chart; `undefined` where this version has none of that name. */
export async function readDrawing(chart: string): Promise<string | undefined> {
  if (!/^[a-z-]+$/.test(chart)) return undefined;
  return readPackaged(`${chart}.svg`).catch(() => undefined);
}

async function readPackaged(name: string): Promise<string> {
  let why: unknown;
  for (const folder of FOLDERS) {
    try {
      return await readFile(`${folder}/${name}`, 'utf8');
    } catch (error) {
      why = error;
    }
  }
  throw new Error(`visualizations/${name} of the package cmd-stream cannot be read: ${describeError(why)}`);
}
