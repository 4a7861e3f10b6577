import type {LayerwiseSpectra} from '../../metrics/records.js';
import {reportBlocks} from '../../report/blocks.js';
import {densityFigure} from '../../report/density-figure.js';
import {svgOf} from '../../report/markup.js';
import {fonts, lightPalette} from '../../report/palette.js';
import type {ImageMessage} from '../tensorboard/event-message.js';
import {pageDocument} from './page-document.js';
import {toPng} from './png.js';

const WIDTH = 720;
const MARGIN = 16;

/** Draws the spectral densities of the network and its layers as a PNG on white. */
export function densityPicture(spectra: LayerwiseSpectra): ImageMessage {
  const args = {document: pageDocument(), palette: lightPalette, width: WIDTH};
  const figure = densityFigure(reportBlocks(spectra), args);
  const height = Math.ceil(Number(figure.getAttribute('height'))) + 2 * MARGIN;
  const width = WIDTH + 2 * MARGIN;
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="${fonts}">`,
    `<rect width="100%" height="100%" fill="${lightPalette.paper}"/>`,
    `<g transform="translate(${MARGIN},${MARGIN})">${svgOf(figure)}</g>`,
    '</svg>',
  ].join('\n');
  return {height, width, colorspace: 4, encodedImageString: toPng(svg, 1)};
}
