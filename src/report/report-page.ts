import type {LayerwiseSpectra} from '../metrics/records.js';
import {reportBlocks} from './blocks.js';
import {densityFigure} from './density-figure.js';
import type {ReportFacts} from './facts.js';
import type {FigureArgs} from './figure.js';
import {intervalFigure, quantities} from './interval-figure.js';
import {escaped, svgOf} from './markup.js';
import type {Palette} from './palette.js';
import {darkPalette, fonts, lightPalette, pagePalette} from './palette.js';
import {columns} from './table.js';

/** The report as a single HTML file, in the reader's light or dark theme. */
export function reportPage(spectra: LayerwiseSpectra, {title, details}: ReportFacts, document: Document): string {
  const blocks = reportBlocks(spectra);
  const figure = (name: string, caption: string, draw: (args: FigureArgs) => Element) => {
    const [wide, narrow] = [960, 480].map(width => svgOf(draw({document, palette: pagePalette, width})));
    return `<figure aria-label="${escaped(name)}">
<h2>${escaped(name)}</h2>
<div class="on-wide">${wide}</div>
<div class="on-narrow">${narrow}</div>
<figcaption>${escaped(caption)}</figcaption>
</figure>`;
  };
  const probes = spectra.full.density.nodes.length;
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
${figure(
  'Spectral densities',
  `log₁₀(1 + eigenvalues per decade) by stochastic Lanczos quadrature from ${probes} ${probes === 1 ? 'probe' : 'probes'}; the axis is linear near zero. Dots: the largest eigenvalues.`,
  args => densityFigure(blocks, args),
)}
${quantities
  .filter(({of}) => blocks.some(block => of(block) !== null))
  .map(quantity => {
    const [first = ''] = quantity.label.split(' (');
    return figure(first[0]!.toUpperCase() + first.slice(1), captions[quantity.label]!, args =>
      intervalFigure(blocks, quantity, args),
    );
  })
  .join('\n')}
<h2>Numbers</h2>
<p>Traces and norms: ± 1 standard error. Eigenvalues: ± a bound, within which a true eigenvalue lies. Below zero: the 95 % interval.</p>
<div class="wide" tabindex="0">
<table>
<thead><tr>${columns.map(({title: name}) => `<th scope="col">${escaped(name)}</th>`).join('')}</tr></thead>
<tbody>
${blocks
  .map(block =>
    columns.map(({cell}, i) =>
      i === 0 ? `<th scope="row">${escaped(cell(block))}</th>` : `<td>${escaped(cell(block))}</td>`,
    ),
  )
  .map(cells => `<tr>${cells.join('')}</tr>`)
  .join('\n')}
</tbody>
</table>
</div>
</html>
`;
}

const captions: Readonly<Record<string, string>> = {
  [quantities[0]!.label]: 'The sum of the eigenvalues, ± 1 standard error over the probes.',
  [quantities[1]!.label]: 'A true eigenvalue lies within the bar.',
  [quantities[2]!.label]:
    'Wasserstein distance of a layer’s density from the network’s, both scaled to unit largest magnitude.',
};

function variables(palette: Palette): string {
  return Object.entries(palette)
    .map(([name, color]) => `--${name}: ${color}`)
    .join('; ');
}
