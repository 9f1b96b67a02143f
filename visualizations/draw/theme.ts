// The colours and fonts of the drawings. Every colour is a CSS variable, so that a page around a drawing can change it.
import { FONTS } from './text.ts';

const LIGHT = {
  paper: '#ffffff',
  machine: '#ffffff',
  compound: '#f6f8fa',
  leaf: '#ffffff',
  border: '#c5ccd4',
  'leaf-border': '#8c959f',
  text: '#1f2328',
  muted: '#656d76',
  guard: '#0860c4',
  line: '#6e7781',
  plate: '#eef1f4',
  dot: '#1f2328',
};
const DARK: typeof LIGHT = {
  paper: '#0d1117',
  machine: '#0d1117',
  compound: '#151b23',
  leaf: '#0d1117',
  border: '#343b44',
  'leaf-border': '#6a737d',
  text: '#f0f3f6',
  muted: '#9198a1',
  guard: '#6cb0ff',
  line: '#848d97',
  plate: '#21262d',
  dot: '#f0f3f6',
};

/** The style sheet of a drawing. */
export function styleSheet(): string {
  const fonts = Object.entries(FONTS).map(
    ([style, { sizePx, isBold }]) => `.statechart .${style}{font-size:${sizePx}px;${isBold ? 'font-weight:bold' : ''}}`,
  );
  return [
    `.statechart{${variables(LIGHT)}}`,
    `@media(prefers-color-scheme:dark){.statechart{${variables(DARK)}}}`,
    '.statechart text{font-family:Helvetica,Arial,"Liberation Sans",sans-serif;fill:var(--text);white-space:pre}',
    ...fonts,
    '.statechart .muted{fill:var(--muted)}',
    '.statechart .guard{fill:var(--guard)}',
    '.statechart .paper{fill:var(--paper)}',
    '.statechart .box{fill:var(--leaf);stroke:var(--leaf-border)}',
    '.statechart .compound>.box{fill:var(--compound);stroke:var(--border)}',
    '.statechart .machine>.box{fill:var(--machine);stroke:var(--border)}',
    '.statechart .region>.box{stroke-dasharray:6 4;stroke:var(--leaf-border)}',
    '.statechart .inner{fill:none;stroke:var(--leaf-border)}',
    '.statechart .pill{fill:var(--leaf);stroke:var(--leaf-border);stroke-dasharray:3 3}',
    '.statechart .line{fill:none;stroke:var(--line);stroke-width:1.25}',
    '.statechart .tip{fill:var(--line)}',
    '.statechart .plate{fill:var(--plate)}',
    '.statechart circle{fill:var(--dot)}',
  ].join('');
}

function variables(colours: typeof LIGHT): string {
  return Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour}`)
    .join(';');
}
