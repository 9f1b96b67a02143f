import { describe, expect, it } from 'vitest';
import { type SourceFile, sourceFiles } from './sources.ts';

/**
 * The house, from the roof down. A file may import from its own room and from those on lower floors, and from nowhere else;
 * rooms that share a floor never meet. `src/*` are the entrances.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['visualizations', 'src/cli'],
  ['src/*'],
  ['src/testing', 'src/inspect/local'],
  ['src/testing/network'],
  ['src/testing/kit', 'src/testing/log'],
  ['src/sender', 'src/server'],
  ['src/sender/group'],
  ['src/sender/request'],
  ['src/sender/client', 'src/sender/hooks'],
  ['src/sender/breaker'],
  ['src/wire', 'src/inspect'],
  ['src/wire/transport', 'src/protocol/codec/*'],
  ['src/protocol/codec'],
  ['src/protocol'],
  ['src/base', 'machines'],
  ['src/base/bytes', 'src/base/options'],
  ['src/base/errors'],
];

/** Rooms that belong to the files beside them, whatever these import. */
const INNER = /^(src\/inspect\/local)\/page\/|^(visualizations)\/draw\//;

const files = ['machines', 'src', 'visualizations'].flatMap((folder) => sourceFiles(folder));

function roomOf(path: string): string {
  const [, ...inner] = INNER.exec(path) ?? [];
  const folder = inner.find((name) => name !== undefined) ?? path.slice(0, path.lastIndexOf('/'));
  if (folder === 'src') return 'src/*';
  return folder.replace(/^src\/protocol\/codec\/.+/, 'src/protocol/codec/*');
}

const floorOf = (path: string) => FLOORS.findIndex((rooms) => rooms.includes(roomOf(path)));

/** What of the project a file imports. */
const ownImports = ({ imports }: SourceFile) =>
  imports.filter((target) => /^(src|machines|visualizations)\//.test(target));

describe('the floors of the house', () => {
  it('have a place for every file', () => {
    expect(files.filter(({ path }) => floorOf(path) < 0).map(({ path }) => path)).toEqual([]);
    expect(FLOORS.flat().filter((room) => !files.some(({ path }) => roomOf(path) === room))).toEqual([]);
  });

  it('import downwards only, and no room another on its floor', () => {
    const wrong = files.flatMap((file) =>
      ownImports(file)
        .filter((target) => roomOf(target) !== roomOf(file.path) && floorOf(target) <= floorOf(file.path))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('are apart where one is the caller of the other end', () => {
    const sides = [/^src\/sender\//, /^src\/server\//] as const;
    const meeting = files.flatMap((file) =>
      ownImports(file)
        .filter((target) => sides.some((side, at) => side.test(file.path) && (sides[1 - at] as RegExp).test(target)))
        .map((target) => `${file.path} -> ${target}`),
    );
    expect(meeting).toEqual([]);
  });
});
