import type {LossSurface} from '../estimators/loss-surface.js';
import {escaped, svgOf, typesetNumber, withError} from './markup.js';
import {fonts, lightPalette} from './palette.js';
import {contourLevels, surfaceFigure} from './surface-figure.js';

const WIDTH = 560;
const MARGIN = 24;
const LINE = 19;

const titles: Readonly<Record<LossSurface['directions'], string>> = {
  eigenvectors: 'Loss along the top two eigenvectors',
  filterNormalized: 'Loss along two filter-normalized random directions',
  given: 'Loss along two directions',
};

/** A surface as one SVG, with what its colors mean. */
export function surfaceSheet(surface: LossSurface, document: Document): string {
  const {ink, quiet, paper} = lightPalette;
  const lines = describe(surface);
  const figure = surfaceFigure(surface, {document, palette: lightPalette, width: WIDTH - MARGIN});
  const top = 52 + LINE * lines.length;
  const height = top + Number(figure.getAttribute('height'));
  const text = (line: string, y: number, style: string) =>
    `<text x="${MARGIN}" y="${y}" ${style}>${escaped(line)}</text>`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="${fonts}">`,
    `<rect width="100%" height="100%" fill="${paper}"/>`,
    text(titles[surface.directions], 38, `font-size="18" font-weight="600" fill="${ink}"`),
    ...lines.map((line, i) => text(line, 62 + LINE * i, `font-size="13" fill="${quiet}"`)),
    `<g transform="translate(0,${top})">${svgOf(figure)}</g>`,
    '</svg>\n',
  ].join('\n');
}

function describe({u, v, loss, center, eigenvalues}: LossSurface): string[] {
  const losses = loss.flat();
  const levels = contourLevels(losses);
  const isPlane = u.length > 1 && v.length > 1;
  const contours = isPlane
    ? `; contours from ${typesetNumber(levels[0]!)} to ${typesetNumber(levels.at(-1)!)}, denser near the least loss`
    : '';
  const [along, across] = (eigenvalues ?? []).map(({value, residual}) => withError(value, residual));
  return [
    `At the dot, the loss of the weights: ${typesetNumber(center)}${contours}.`,
    ...(along === undefined ? [] : [`Curvature ${along} along u, ${across} along v.`]),
  ];
}
