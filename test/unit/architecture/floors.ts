import type { SourceFile } from './sources.ts';

/**
 * The house, from the roof down. A file may import from its own room and from those on lower floors, and from nowhere else;
 * rooms that share a floor never meet. `src/*` are the entrances.
 */
export const FLOORS: readonly (readonly string[])[] = [
  ['visualizations', 'src/cli'],
  ['src/*'],
  ['src/testing', 'src/inspect/local', 'src/nats', 'src/workers'],
  ['src/testing/network'],
  ['src/testing/kit', 'src/testing/log'],
  ['src/sender', 'src/server'],
  ['src/sender/group'],
  ['src/sender/request'],
  ['src/sender/client', 'src/sender/hooks'],
  ['src/sender/breaker', 'src/telemetry/metrics', 'src/telemetry/otel'],
  ['src/telemetry'],
  ['src/wire', 'src/inspect'],
  ['src/wire/transport'],
  ['src/wire/extension', 'src/protocol/codec/*'],
  ['src/protocol/codec'],
  ['src/protocol'],
  ['src/base', 'machines'],
  ['src/base/bytes', 'src/base/options'],
  ['src/base/errors'],
];

/** Rooms that belong to the files beside them, whatever these import. */
const INNER = /^(src\/inspect\/local)\/page\/|^(visualizations)\/draw\//;

/** The room that a file is in. */
export function roomOf(path: string): string {
  const [, ...inner] = INNER.exec(path) ?? [];
  const folder = inner.find((name) => name !== undefined) ?? path.slice(0, path.lastIndexOf('/'));
  if (folder === 'src') return 'src/*';
  return folder.replace(/^src\/protocol\/codec\/.+/, 'src/protocol/codec/*');
}

/** How far down the room of a file is: 0 is the roof; -1 where it has no place. */
export const floorOf = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));

/** What of the project a file imports. */
export const ownImports = ({ imports }: SourceFile) =>
  imports.filter((target) => /^(src|machines|visualizations)\//.test(target));
