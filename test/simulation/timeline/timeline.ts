import type { LogEntry } from '../../../src/testing.ts';
import type { Violation } from '../history.ts';
import type { Verdict } from '../judge.ts';
import { PROMISES } from '../promises/index.ts';
import { draw, escapeHtml, type Window } from './drawing.ts';
import { type Lane, lanesOf } from './lanes.ts';
import { STYLE } from './style.ts';

/** So many entries of the log stand below the picture. */
const MAX_ENTRIES = 80;

/** A page that shows what happened in a run, and where it broke a promise: one file, for any browser. */
export function timelineOf({ run, violations }: Verdict, replay: string): string {
  const [first] = violations;
  const lanes = lanesOf(run, violations);
  const window = windowOf(lanes, violations);
  const promise = first === undefined ? 'All promises are kept' : titleOf(first);
  const { sender, servers, faults, sends } = run.schedule;
  const facts = [
    ['clients', sender.clients],
    ['servers', servers.length],
    ['sends', sends.reduce((sum, { times }) => sum + times, 0)],
    ['faults', faults.length],
    ['codec', sender.codec],
    ['dispatch', sender.dispatch],
    ['ending', run.schedule.ending.kind],
  ].map(([name, value]) => `<li>${name} <b>${value}</b></li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(promise)}</title>
<style>${STYLE}</style>
<main>
<div class="eyebrow">${escapeHtml(promise)}</div>
<h1>${escapeHtml(first?.message ?? 'Nothing went wrong')}</h1>
<ul class="facts">${facts.join('')}</ul>
<section class="card">${draw(lanes, violations, window)}
<div class="key"><span>▸ executed by a server</span><span>○ Result taken</span><span>┆ deadline</span><span>❙ end, as hooks heard it</span><span>✕ fault, or signal</span></div>
</section>
${others(violations)}
<section class="card"><h2>Run it again</h2><code>${escapeHtml(replay)}</code></section>
<section class="card"><h2>What happened just before</h2><table>${rows(run.entries, first)}</table></section>
<section class="card"><details><summary>The schedule</summary><pre>${escapeHtml(JSON.stringify(run.schedule, null, 2))}</pre></details></section>
</main>
`;
}

function titleOf({ promise }: Violation): string {
  const name = /^\d$/.test(promise) ? `Promise ${promise} broken` : `Not as the model of the ${promise} says`;
  return `${name}: ${PROMISES[promise]}`;
}

function others(violations: readonly Violation[]): string {
  if (violations.length < 2) return '';
  const list = violations
    .slice(1, 12)
    .map(
      ({ promise, message, atMs }) =>
        `<li>${escapeHtml(promise)} at ${atMs.toFixed(3)} ms: ${escapeHtml(message)}</li>`,
    );
  return `<section class="card"><h2>And besides</h2><ul class="violations">${list.join('')}</ul></section>`;
}

/** What is worth being seen: from the first thing that was done to what went wrong, with some air. */
function windowOf(lanes: readonly Lane[], violations: readonly Violation[]): Window {
  const done = lanes.filter(({ group }) => group === 'requests' || group === 'faults');
  const begins = done.flatMap(({ spans, marks }) => [
    ...spans.map(({ fromMs }) => fromMs),
    ...marks.map(({ atMs }) => atMs),
  ]);
  const wrong = violations.slice(0, 6).map(({ atMs }) => atMs);
  const ends = done.flatMap(({ spans }) => spans.map(({ toMs }) => toMs));
  const last = wrong.length > 0 ? Math.max(...wrong) : Math.max(1, ...ends);
  const first = Math.min(last, ...begins);
  const air = Math.max(20, (last - first) * 0.06);
  return { fromMs: Math.max(0, first - air), toMs: last + air };
}

function rows(entries: readonly LogEntry[], first: Violation | undefined): string {
  const until = first === undefined ? entries.length : entries.findLastIndex(({ atMs }) => atMs <= first.atMs) + 1;
  return entries
    .slice(Math.max(0, until - MAX_ENTRIES), until)
    .map(({ atMs, kind, who, details }) => {
      const now = atMs === first?.atMs ? ' class="now"' : '';
      const text = escapeHtml(JSON.stringify(details).slice(0, 300));
      return `<tr${now}><td>${atMs.toFixed(3)}</td><td>${escapeHtml(kind)}</td><td>${escapeHtml(who)}</td><td>${text}</td></tr>`;
    })
    .join('');
}
