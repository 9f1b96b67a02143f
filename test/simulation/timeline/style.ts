/** How a timeline looks, by day and by night. */
export const STYLE = `
:root { color-scheme: light dark; --page: #fbfaf8; --card: #fff; --ink: #23262d; --soft: #767b86; --line: #e6e3de;
  --good: #3f9c6d; --late: #dd9a2b; --bad: #c6533f; --left: #8d97a8; --calm: #6d8fc4; --wait: #c9b27c;
  --fault: #b667a8; --broken: #e0243c; --tint: #e0243c14; --onbar: #fff; }
@media (prefers-color-scheme: dark) { :root { --page: #15171c; --card: #1d2027; --ink: #e7e5e0; --soft: #949aa6;
  --line: #2d323b; --good: #4aa878; --late: #d39a3c; --bad: #cf6653; --left: #6f7989; --calm: #5f83bd; --wait: #94804f;
  --fault: #a95f9c; --broken: #ff5468; --tint: #ff546822; } }
* { box-sizing: border-box; }
body { margin: 0; padding: 40px clamp(16px, 4vw, 56px); background: var(--page); color: var(--ink);
  font: 15px/1.55 ui-sans-serif, system-ui, 'Segoe UI', sans-serif; }
main { max-width: 1340px; margin: 0 auto; }
.eyebrow { color: var(--broken); font-weight: 650; font-size: 13px; letter-spacing: .06em; text-transform: uppercase; }
h1 { font-size: 27px; line-height: 1.25; margin: 4px 0 14px; font-weight: 680; letter-spacing: -.012em; max-width: 60ch; }
.facts { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 22px; padding: 0; list-style: none; }
.facts li { padding: 3px 11px; border: 1px solid var(--line); border-radius: 999px; color: var(--soft); font-size: 13px;
  background: var(--card); }
.facts b { color: var(--ink); font-weight: 600; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px 24px; margin: 0 0 18px;
  overflow-x: auto; }
svg { display: block; width: 100%; min-width: 900px; height: auto; font: 12px ui-sans-serif, system-ui, sans-serif; }
svg text { fill: var(--ink); }
.title { font-weight: 650; font-size: 11px; letter-spacing: .07em; text-transform: uppercase; fill: var(--soft) !important; }
.tick { fill: var(--soft) !important; text-anchor: middle; font-size: 11px; }
.grid { stroke: var(--line); stroke-dasharray: 2 4; }
.rail { stroke: var(--line); }
.span rect { fill: var(--left); }
.span .in { fill: var(--onbar); font-size: 11px; font-weight: 550; }
.is-ready rect, .is-up rect, .is-closed-circuit rect, .good rect { fill: var(--good); }
.is-closed rect { fill: var(--left); opacity: .55; }
.is-connecting rect, .is-starting rect, .is-half-open rect { fill: var(--calm); }
.is-reconnecting rect, .is-degraded rect, .late rect { fill: var(--late); }
.is-unavailable rect, .is-open rect, .is-down rect, .bad rect { fill: var(--bad); }
.is-draining rect, .is-closing rect { fill: var(--wait); }
.never rect { fill: var(--broken); }
.fault rect { fill: var(--fault); }
.value { fill: var(--card); stroke: var(--ink); stroke-width: 1.4; }
.executes { fill: var(--ink); opacity: .8; }
.deadline { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 3 2; }
.ended { fill: var(--ink); }
.strike { stroke: var(--broken); stroke-width: 2.4; fill: none; stroke-linecap: round; }
.guilty { fill: var(--tint); }
.beside { fill: var(--soft) !important; font-size: 11px; }
.faint line { opacity: .35; }
.broken line { stroke: var(--broken); stroke-width: 1.6; }
.broken rect { fill: var(--broken); }
.broken text { fill: #fff; text-anchor: middle; font-weight: 650; font-size: 12px; }
.key { display: flex; flex-wrap: wrap; gap: 6px 18px; color: var(--soft); font-size: 13px; margin: 14px 0 0; }
h2 { font-size: 15px; margin: 0 0 10px; font-weight: 650; }
.violations { margin: 0; padding-left: 20px; }
code, pre, table { font: 12.5px/1.6 ui-monospace, 'SF Mono', Menlo, Consolas, monospace; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0 0; color: var(--soft); }
table { border-collapse: collapse; width: 100%; } td { padding: 1px 14px 1px 0; vertical-align: top; white-space: nowrap; }
td:last-child { white-space: normal; overflow-wrap: anywhere; color: var(--soft); }
td:first-child { text-align: right; color: var(--soft); font-variant-numeric: tabular-nums; }
tr.now td { background: var(--tint); } summary { cursor: pointer; font-weight: 650; }
`;
