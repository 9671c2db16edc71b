/** Light and dark on a screen, black on white on paper. No style stands in an attribute: the document's policy allows this text alone. */
export const style = `
:root { color-scheme: light dark;
  --bg: light-dark(#ffffff, #14171c); --panel: light-dark(#f5f6f8, #1d2128); --ink: light-dark(#1a1d21, #e8eaed);
  --muted: light-dark(#565d66, #a6adb7); --line: light-dark(#d5d9de, #3a404a); --mark: light-dark(#fff3cf, #443a17); --accent: light-dark(#0b57d0, #8ab4f8);
  --s0: light-dark(#1f5fbf, #7fb2ff); --s1: light-dark(#b3470b, #ffab73); --s2: light-dark(#1b7a43, #6fd39a); --s3: light-dark(#8a2fb0, #d6a3f0);
  --s4: light-dark(#a81e46, #ff93ad); --s5: light-dark(#0f7480, #69cfdb); --s6: light-dark(#7a5c00, #e3c04d); --s7: light-dark(#555d68, #bcc3cd); }
* { box-sizing: border-box; }
html { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Helvetica Neue", sans-serif; background: var(--bg); color: var(--ink); }
body { margin: 0; }
main { max-width: 80rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; }
h1 { font-size: 1.7rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.3rem; margin: 2.5rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
h3 { font-size: 1.05rem; margin: 1.75rem 0 .5rem; } h4 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p { max-width: 78ch; margin: .4rem 0; } .small, .made { font-size: .875rem; color: var(--muted); } .id { font-size: .9rem; font-weight: 400; color: var(--muted); }
a { color: var(--accent); } nav ul { list-style: none; padding: 0; margin: 1rem 0 0; display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; } nav a { overflow-wrap: anywhere; }
.verdict { background: var(--panel); border-left: 4px solid var(--accent); border-radius: 4px; padding: 1rem 1.25rem; margin: 1.25rem 0; }
.verdict .headline { font-size: 1.2rem; font-weight: 600; line-height: 1.4; margin-top: 0; overflow-wrap: anywhere; }
.notes { white-space: pre-wrap; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: .5rem 2rem; margin: .75rem 0; }
.facts div { min-width: 0; } dt { font-size: .8125rem; color: var(--muted); } dd { margin: 0; overflow-wrap: anywhere; }
.scroll { overflow-x: auto; margin: .5rem 0 1rem; } .scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--muted); padding-bottom: .35rem; }
th, td { text-align: left; padding: .25rem .7rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; } tbody th { font-weight: 500; } thead th { white-space: nowrap; } .n { text-align: right; white-space: nowrap; }
tr.marked > * { background: var(--mark); }
.confusion { font-size: .8125rem; } .confusion td, .confusion th { padding: .2rem .45rem; }
${Array.from({ length: 9 }, (_, i) => `.shade${i + 1} { background: color-mix(in srgb, var(--s0) ${5 + 4 * i}%, var(--bg)); }`).join('\n')}
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(34rem, 100%), 1fr)); gap: 1.25rem; }
figure { margin: 0; } figcaption { font-size: .875rem; } .chart figcaption { font-weight: 600; margin-top: .25rem; } .chart { min-width: 0; display: flex; flex-direction: column-reverse; justify-content: flex-end; }
.chart .scroll { margin: 0; } .chart svg { min-width: 34rem; }
svg { width: 100%; height: auto; font-size: 13px; font-variant-numeric: tabular-nums; }
.axis text { fill: var(--muted); } .grid { stroke: var(--line); } .base { stroke: var(--muted); }
.line { fill: none; stroke-width: 1.75; stroke-linejoin: round; } .band { stroke: none; opacity: .2; } .leader { fill: none; stroke-width: 1; opacity: .5; }
${Array.from({ length: 8 }, (_, i) => `.s${i} .line, .s${i} .leader, .s${i} .points { stroke: var(--s${i}); } .s${i} .band, .s${i} .dot, .s${i} .label { fill: var(--s${i}); }`).join('\n')}
.projections figure { flex: 1 1 20rem; min-width: 0; max-width: 34rem; } .points { fill: none; stroke-width: 4; stroke-linecap: round; opacity: .75; }
.class-name { font-weight: 600; fill: var(--ink); paint-order: stroke; stroke: var(--bg); stroke-width: 4; stroke-linejoin: round; }
.pictures .row, .projections .row { display: flex; flex-wrap: wrap; gap: .75rem; } .pictures figure { max-width: 100%; } .pictures img { max-width: 100%; height: auto; image-rendering: pixelated; border: 1px solid var(--line); }
footer { margin-top: 3rem; padding-top: .75rem; border-top: 1px solid var(--line); }
@media print {
  :root { color-scheme: light; } @page { margin: 14mm 11mm; }
  html { font-size: 10pt; background: #fff; color: #000; } main { max-width: none; padding: 0; } nav { display: none; }
  .small, .made, caption, dt, .id, figcaption, .axis text { color: #000; fill: #000; } a { color: inherit; text-decoration: none; }
  .scroll { overflow: visible; } table { font-size: 7.5pt; } th, td { padding: 1.5pt 6pt 1.5pt 0; overflow-wrap: anywhere; } thead th { white-space: normal; overflow-wrap: normal; } td.n { overflow-wrap: normal; } tbody th, .results td { overflow-wrap: break-word; }
  .results table { font-size: 6.2pt; } .results th, .results td { padding-right: 3.5pt; }
  thead { display: table-header-group; } tr, figure, .facts div { break-inside: avoid; } h1, h2, h3, h4, caption { break-after: avoid; }
  .run { break-before: page; } .charts { grid-template-columns: 1fr 1fr; gap: 4mm; } .chart svg { min-width: 0; } .verdict { border: 1px solid #000; background: #fff; break-inside: avoid; }
  tr.marked > * { background: none; font-weight: 700; } .confusion { font-size: 6.5pt; } .confusion td, .confusion th { padding: 1pt 2pt; }
}
`;
