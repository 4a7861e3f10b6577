import {parseHTML} from 'linkedom';
import {lossSurface} from 'tfjs-hessian';
import {Poster} from '../../examples/mnist/picture/poster.js';
import {colors} from '../../examples/mnist/picture/style.js';
import {lightPalette} from '../../src/report/palette.js';
import {surfaceFigure} from '../../src/report/surface-figure.js';
import {WIDTH} from './figure.js';
import type {Subject} from './subject.js';

/** The loss along filter-normalized directions, and along the top eigenvectors. */
export async function draw({model, batch}: Subject): Promise<string> {
  const poster = new Poster(WIDTH, 430);
  const {document} = parseHTML('<html></html>') as unknown as {document: Document};
  const panels = [
    {title: 'two filter-normalized random directions', directions: 'filterNormalized', range: 1},
    {title: 'the top two eigenvectors', directions: 'eigenvectors', range: 1.5},
  ] as const;
  for (const [i, {title, ...args}] of panels.entries()) {
    const surface = await lossSurface(model, batch, args);
    poster
      .text(60 + 404 * i, 28, [title], {weight: 600, color: colors.ink})
      .plot(12 + 404 * i, 34, surfaceFigure(surface, {document, palette: lightPalette, width: 396}));
  }
  return poster.toString();
}
