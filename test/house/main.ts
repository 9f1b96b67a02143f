// npm run house: the rooms of the house, on which floors they are, how large, and how many ways lead from one to another.
import { FLOORS, floorOf, ownImports, roomOf } from '../unit/architecture/floors.ts';
import { sourceFiles } from '../unit/architecture/sources.ts';

const files = ['machines', 'src', 'visualizations'].flatMap((folder) => sourceFiles(folder));
const linesOf = (text: string) => text.split('\n').length - 1;

const arrows = new Set<string>();
for (const file of files) {
  for (const target of ownImports(file)) {
    if (roomOf(target) !== roomOf(file.path)) arrows.add(`${roomOf(file.path)} -> ${roomOf(target)}`);
  }
}

for (const [floor, rooms] of FLOORS.entries()) {
  for (const room of rooms) {
    const inIt = files.filter(({ path }) => roomOf(path) === room);
    const lines = inIt.reduce((sum, { text }) => sum + linesOf(text), 0);
    const ways = [...arrows].filter((arrow) => arrow.startsWith(`${room} -> `)).length;
    const what = `${inIt.length} files, ${lines} lines, ways to ${ways} rooms`;
    console.log(`${String(FLOORS.length - floor).padStart(2)}  ${room.padEnd(24)} ${what}`);
  }
}

const sizes = files.map(({ path, text }) => ({ path, lines: linesOf(text) })).sort((a, b) => a.lines - b.lines);
const median = sizes[Math.floor(sizes.length / 2)]?.lines;
const { path: longest, lines: most } = sizes.at(-1) ?? { path: '', lines: 0 };
const total = sizes.reduce((sum, { lines }) => sum + lines, 0);
const homeless = files.filter(({ path }) => floorOf(path) < 0).length;
console.log(
  `\n${FLOORS.flat().length} rooms on ${FLOORS.length} floors, ${arrows.size} arrows between rooms; ${homeless} files without a room`,
);
console.log(`${files.length} files, ${total} lines; the median file has ${median}, the longest (${longest}) ${most}`);
