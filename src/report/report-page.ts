import {checkpointFindings} from '../advice/checkpoint-findings.js';
import type {LayerwiseSpectra} from '../metrics/records.js';
import {reportBlocks} from './blocks.js';
import {densityFigure} from './density-figure.js';
import type {ReportFacts} from './facts.js';
import {intervalFigure, quantities} from './interval-figure.js';
import {escaped} from './markup.js';
import {figureMarkup, pageMarkup, tableMarkup} from './page-markup.js';
import {reading} from './reading.js';
import {columns} from './table.js';

/** The report as a single HTML file, in the reader's light or dark theme. */
export function reportPage(spectra: LayerwiseSpectra, facts: ReportFacts, document: Document): string {
  const blocks = reportBlocks(spectra);
  const probes = spectra.full.density.nodes.length;
  return pageMarkup(
    facts,
    `${figureMarkup(
      'Spectral densities',
      `log₁₀(1 + eigenvalues per decade) by stochastic Lanczos quadrature from ${probes} ${probes === 1 ? 'probe' : 'probes'}; the axis is linear near zero. Dots: the largest eigenvalues.`,
      document,
      args => densityFigure(blocks, args),
    )}
${quantities
  .filter(({of}) => blocks.some(block => of(block) !== null))
  .map(quantity => {
    const [first = ''] = quantity.label.split(' (');
    return figureMarkup(first[0]!.toUpperCase() + first.slice(1), captions[quantity.label]!, document, args =>
      intervalFigure(blocks, quantity, args),
    );
  })
  .join('\n')}
<h2>Numbers</h2>
<p>Traces and norms: ± 1 standard error. Eigenvalues: ± a bound, within which a true eigenvalue lies. Below zero: the 95 % interval.</p>
${tableMarkup(
  columns.map(({title}) => title),
  blocks.map(block => columns.map(({cell}) => cell(block))),
)}
<h2>What they say</h2>
${[...checkpointFindings(spectra).map(({text, tryThis}) => `${text} ${tryThis}`), ...reading(spectra)]
  .map(text => `<p>${escaped(text)}</p>`)
  .join('\n')}`,
  );
}

const captions: Readonly<Record<string, string>> = {
  [quantities[0]!.label]: 'The sum of the eigenvalues, ± 1 standard error over the probes.',
  [quantities[1]!.label]: 'A true eigenvalue lies within the bar.',
  [quantities[2]!.label]:
    'Wasserstein distance of a layer’s density from the network’s, both scaled to unit largest magnitude.',
};
