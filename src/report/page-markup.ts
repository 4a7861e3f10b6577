import type {ReportFacts} from './facts.js';
import type {FigureArgs} from './figure.js';
import {escaped, svgOf} from './markup.js';
import type {Palette} from './palette.js';
import {darkPalette, fonts, lightPalette, pagePalette} from './palette.js';

/** A page that is a single HTML file, in the reader's light or dark theme. It loads nothing and runs nothing. */
export function pageMarkup({title, details}: ReportFacts, body: string): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root {color-scheme: light dark; ${variables(lightPalette)}}
@media (prefers-color-scheme: dark) {:root {${variables(darkPalette)}}}
body {max-width: 960px; margin: 2rem auto; padding: 0 1rem; font: 15px/1.5 ${fonts}; color: var(--ink); background: var(--paper)}
h1 {font-size: 1.6rem; margin-bottom: .2rem} h2 {font-size: 1.05rem; margin: 2rem 0 .3rem}
dl {display: flex; flex-wrap: wrap; gap: .2rem 1.6rem; color: var(--quiet); margin: 0} dl div {display: flex; gap: .4rem} dd {margin: 0; color: var(--ink)}
figure {margin: 0} figcaption {color: var(--quiet); font-size: .87rem} svg {max-width: 100%; height: auto}
.on-narrow {display: none} @media (max-width: 640px) {.on-narrow {display: block} .on-wide {display: none}}
.wide {overflow-x: auto} table {border-collapse: collapse; font-variant-numeric: tabular-nums; white-space: nowrap}
th, td {padding: .25rem .8rem .25rem 0; text-align: right; border-bottom: 1px solid var(--rule)}
th:nth-child(-n + 2), td:nth-child(-n + 2) {text-align: left; white-space: pre} thead th {color: var(--quiet); font-weight: 400}
</style>
<h1>${escaped(title)}</h1>
<dl>
${details.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('\n')}
</dl>
${body}
</html>
`;
}

/** A figure with a heading and a caption, drawn twice: for wide and for narrow windows. */
export function figureMarkup(
  name: string,
  caption: string,
  document: Document,
  draw: (args: FigureArgs) => Element,
): string {
  const [wide, narrow] = [960, 480].map(width => svgOf(draw({document, palette: pagePalette, width})));
  return `<figure aria-label="${escaped(name)}">
<h2>${escaped(name)}</h2>
<div class="on-wide">${wide}</div>
<div class="on-narrow">${narrow}</div>
<figcaption>${escaped(caption)}</figcaption>
</figure>`;
}

/** A table whose first column has the names of the rows. */
export function tableMarkup(titles: readonly string[], rows: readonly (readonly string[])[]): string {
  const cellMarkup = (text: string, i: number) =>
    i === 0 ? `<th scope="row">${escaped(text)}</th>` : `<td>${escaped(text)}</td>`;
  return `<div class="wide" tabindex="0">
<table>
<thead><tr>${titles.map(title => `<th scope="col">${escaped(title)}</th>`).join('')}</tr></thead>
<tbody>
${rows.map(row => `<tr>${row.map(cellMarkup).join('')}</tr>`).join('\n')}
</tbody>
</table>
</div>`;
}

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color}`)
    .join('; ');
}
