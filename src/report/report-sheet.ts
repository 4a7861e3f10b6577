import type {LayerwiseSpectra} from '../metrics/records.js';
import {reportBlocks} from './blocks.js';
import {densityFigure} from './density-figure.js';
import type {ReportFacts} from './facts.js';
import {intervalFigure, quantities} from './interval-figure.js';
import {escaped, svgOf} from './markup.js';
import {fonts, lightPalette} from './palette.js';

const WIDTH = 960;
const MARGIN = 24;

/** The figures of the report as one SVG. */
export function reportSheet(spectra: LayerwiseSpectra, {title, details}: ReportFacts, document: Document): string {
  const blocks = reportBlocks(spectra);
  const {ink, quiet, paper} = lightPalette;
  const args = {document, palette: lightPalette, width: WIDTH - MARGIN};
  const figures: Element[] = [
    densityFigure(blocks, args),
    ...quantities
      .filter(({of}) => blocks.some(block => of(block) !== null))
      .map(quantity => intervalFigure(blocks, quantity, args)),
  ];
  const parts: string[] = [];
  let y = 40;
  const text = (line: string, size: number, color: string, weight: number) => {
    parts.push(
      `<text x="${MARGIN}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${color}">${escaped(line)}</text>`,
    );
    y += 1.6 * size;
  };
  text(title, 22, ink, 600);
  for (let i = 0; i < details.length; i += 4) {
    text(
      details
        .slice(i, i + 4)
        .map(pair => pair.join(' '))
        .join(' · '),
      13,
      quiet,
      400,
    );
  }
  for (const figure of figures) {
    parts.push(`<g transform="translate(0,${y})">${svgOf(figure)}</g>`);
    y += Number(figure.getAttribute('height')) + 12;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y}" width="${WIDTH}" height="${y}" font-family="${fonts}">`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    ...parts,
    '</svg>\n',
  ].join('\n');
}
