// All files that `npm run visualize` makes, as text.
import { galleryOf } from './gallery.ts';
import { layoutOf } from './layout.ts';
import { SUBJECTS } from './machines.ts';
import { mermaidOf } from './mermaid.ts';
import { readChart } from './model.ts';
import { svgOf } from './svg.ts';

/** Draws every machine: the text of each file in `visualizations/`, by its name. The same machines give the same texts. */
export async function drawAll(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const { file, title, summary, machine } of SUBJECTS) {
    const chart = readChart(machine);
    files.set(`${file}.svg`, svgOf(await layoutOf(chart), summary));
    files.set(`${file}.mmd`, mermaidOf(chart, title));
  }
  files.set('README.md', galleryOf(SUBJECTS));
  return files;
}
