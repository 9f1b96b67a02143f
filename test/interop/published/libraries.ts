import { mkdir, mkdtemp, rename, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { create, type DescMessage } from '@bufbuild/protobuf';
import * as current from 'cmd-stream';
import * as currentMus from 'cmd-stream/mus';
import * as currentProtobuf from 'cmd-stream/protobuf';
import type { Schema } from '../../../src/protocol/definitions.ts';
import { run } from '../../support/run.ts';
import * as pb from '../support/interop_pb.ts';

/** One copy of the library. */
export interface Library {
  readonly version: 'old' | 'new';
  readonly main: typeof current;
  readonly mus: typeof currentMus;
  readonly protobuf: typeof currentProtobuf;
}

export const NEW: Library = { version: 'new', main: current, mus: currentMus, protobuf: currentProtobuf };

const PACKAGE = fileURLToPath(new URL('./cmd-stream-0.1.0.tgz', import.meta.url));
const NEEDS = ['xstate', 'msgpackr', '@bufbuild/protobuf'];

/** Unpacks the published package, with the packages beside it that it needs. Returns the folder to be removed, and the library. */
export async function installed(): Promise<{ readonly folder: string; readonly library: Library }> {
  const folder = await mkdtemp(join(tmpdir(), 'cmd-stream-0.1.0-'));
  const { code, stderr } = await run('tar', ['-xzf', PACKAGE, '-C', folder]);
  if (code !== 0) throw new Error(`the published package cannot be unpacked: ${stderr}`);
  const modules = join(folder, 'node_modules');
  const ours = join(dirname(createRequire(import.meta.url).resolve('xstate/package.json')), '..');
  await mkdir(join(modules, '@bufbuild'), { recursive: true });
  for (const name of NEEDS) await symlink(join(ours, name), join(modules, name));
  await rename(join(folder, 'package'), join(modules, 'cmd-stream'));
  const load = (entrance: string) => import(pathToFileURL(join(modules, 'cmd-stream/dist/src', entrance)).href);
  const [main, mus, protobuf] = await Promise.all(['index.js', 'mus.js', 'protobuf.js'].map(load));
  return { folder, library: { version: 'old', main, mus, protobuf } };
}

/** What the payloads are written in. */
export const FORMATS = ['msgpack', 'json', 'mus', 'protobuf'] as const;
export type Format = (typeof FORMATS)[number];

type Whole = number | bigint;
interface Payloads {
  readonly Add: { readonly a: Whole; readonly b: Whole };
  readonly Countdown: { readonly from: Whole };
  readonly Fail: { readonly message: string };
  readonly Delay: { readonly ms: Whole };
  readonly Find: { readonly key: string };
  readonly Sum: { readonly value: Whole };
  readonly Tick: { readonly n: Whole; readonly last: boolean };
}

const COMMANDS = {
  Add: pb.AddSchema,
  Countdown: pb.CountdownSchema,
  Fail: pb.FailSchema,
  Delay: pb.DelaySchema,
  Find: pb.FindSchema,
};
const RESULTS = { Sum: pb.SumSchema, Tick: pb.TickSchema };
const SCHEMAS: Readonly<Record<string, DescMessage>> = { ...COMMANDS, ...RESULTS };

/** Whole numbers, and payloads, as a format has them. */
export function payloads(format: Format) {
  const isMessage = format === 'protobuf';
  return {
    whole: (n: number): Whole => (isMessage ? BigInt(n) : n),
    of: <Name extends keyof Payloads>(name: Name, fields: Payloads[Name]): Payloads[Name] =>
      isMessage ? (create(SCHEMAS[name] as DescMessage, fields as never) as unknown as Payloads[Name]) : fields,
  };
}

/** Refuses to find what is bad. */
const finds: Schema<Payloads['Find'], Payloads['Find']> = {
  '~standard': {
    version: 1 as const,
    vendor: 'test',
    validate: (value: unknown) =>
      (value as Payloads['Find']).key === 'bad'
        ? { issues: [{ message: 'it is bad' }] }
        : { value: value as Payloads['Find'] },
  },
};

/** The protocol that both ends speak, as one copy of the library defines it. */
export function protocolOf({ main }: Library) {
  const { command, defineProtocol, result } = main;
  return defineProtocol({
    results: { Sum: result<Payloads['Sum']>(), Tick: result<Payloads['Tick']>({ lastOne: (tick) => tick.last }) },
    commands: {
      Add: command<Payloads['Add']>().returns('Sum'),
      Countdown: command<Payloads['Countdown']>().returns('Tick'),
      Fail: command<Payloads['Fail']>().returns('Sum'),
      Delay: command<Payloads['Delay']>().returns('Sum'),
      Find: command(finds).returns('Sum'),
    },
  });
}

/** A codec of one copy of the library. */
export function codecOf({ main, mus: musOf, protobuf }: Library, format: Format): current.Codec {
  if (format === 'msgpack') return main.msgpack();
  if (format === 'json') return main.json();
  if (format === 'protobuf') return protobuf.protobuf({ commands: COMMANDS, results: RESULTS } as never);
  const { mus, ord, struct, varint } = musOf;
  return mus({
    commands: {
      Add: struct({ a: varint.int, b: varint.int }),
      Countdown: struct({ from: varint.int }),
      Fail: struct({ message: ord.string }),
      Delay: struct({ ms: varint.int }),
      Find: struct({ key: ord.string }),
    },
    results: { Sum: struct({ value: varint.int }), Tick: struct({ n: varint.int, last: ord.bool }) },
  } as never);
}
