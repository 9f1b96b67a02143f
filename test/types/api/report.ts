import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { CompilerState, Extractor, ExtractorConfig, ExtractorLogLevel } from '@microsoft/api-extractor';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const compilerOptions = {
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  exactOptionalPropertyTypes: true,
  skipLibCheck: true,
  types: ['node'],
} as const;

/** What an entrance of the package shows to its users, as types. */
export interface Surface {
  readonly entrance: string;
  /** All that is exported, with its signatures; never a comment. */
  readonly report: string;
  /** What signatures speak of and the entrance does not export. */
  readonly unexported: readonly string[];
}

/** The surface of each entrance, by its declarations, which are made for this. */
export async function surfaces(entrances: readonly string[]): Promise<Surface[]> {
  // Within the project: there the declarations find the packages that they import.
  await mkdir(join(root, 'dist'), { recursive: true });
  const folder = await mkdtemp(join(root, 'dist/api-'));
  try {
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const args = [tsc, '-p', join(root, 'tsconfig.build.json'), '--emitDeclarationOnly', '--outDir', folder];
    await promisify(execFile)(process.execPath, args);
    const mains = entrances.map((entrance) => join(folder, `src/${entrance}.d.ts`));
    const configs = mains.map((main) => configOf(main, folder));
    // All entrances stand on the same files: they are read and checked once.
    const [first] = configs;
    if (first === undefined) return [];
    const compilerState = CompilerState.create(first, { additionalEntryPoints: mains });
    const all: Surface[] = [];
    for (const [index, entrance] of entrances.entries())
      all.push(await surfaceOf(entrance, configs[index] as ExtractorConfig, compilerState));
    return all;
  } finally {
    await rm(folder, { recursive: true });
  }
}

function configOf(main: string, folder: string): ExtractorConfig {
  const none = { default: { logLevel: ExtractorLogLevel.None } };
  return ExtractorConfig.prepare({
    configObject: {
      projectFolder: root,
      mainEntryPointFilePath: main,
      compiler: { overrideTsconfig: { compilerOptions, files: [main] } },
      apiReport: { enabled: true, reportFileName: 'report.api.md', reportFolder: folder, reportTempFolder: folder },
      newlineKind: 'lf',
      messages: {
        extractorMessageReporting: {
          ...none,
          'ae-forgotten-export': { logLevel: ExtractorLogLevel.Warning },
        },
        tsdocMessageReporting: none,
      },
    },
    configObjectFullPath: join(root, 'api-extractor.json'),
    packageJsonFullPath: join(root, 'package.json'),
  });
}

async function surfaceOf(entrance: string, config: ExtractorConfig, compilerState: CompilerState): Promise<Surface> {
  const unexported: string[] = [];
  Extractor.invoke(config, {
    localBuild: true,
    compilerState,
    messageCallback(message) {
      message.handled = true;
      const [, name] = /^The symbol "(\w+)" needs to be exported/.exec(message.text) ?? [];
      if (message.messageId === 'ae-forgotten-export' && name !== undefined) unexported.push(name);
    },
  });
  const report = await readFile(config.reportFilePath, 'utf8');
  return { entrance, report: plain(entrance, report), unexported };
}

/** The report without what says nothing of the surface: release tags, hints about comments. */
function plain(entrance: string, report: string): string {
  const [, code = ''] = /```ts\n([\s\S]*?)```/.exec(report) ?? [];
  const lines = code.split('\n').filter((line) => !/^\s*\/\//.test(line));
  const body = lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
  const name = entrance === 'index' ? 'cmd-stream' : `cmd-stream/${entrance}`;
  return `# What \`${name}\` exports\n\n\`\`\`ts\n${body}\n\`\`\`\n`;
}
