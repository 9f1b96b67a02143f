import { describe, expect, it } from 'vitest';
import { FLOORS, floorOf, ownImports, roomOf } from './floors.ts';
import { sourceFiles } from './sources.ts';

const files = ['machines', 'src', 'visualizations'].flatMap((folder) => sourceFiles(folder));

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
