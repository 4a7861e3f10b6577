import {writeFileSync} from 'node:fs';
import {extname} from 'node:path';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, numberFrom, oneOf, orNull, that} from '../arguments/kinds.js';
import {recordOf} from '../arguments/record.js';
import {InvalidArgumentError} from '../errors.js';
import type {LossSurface} from '../estimators/loss-surface.js';
import type {RitzValue} from '../metrics/records.js';
import {cannotOpen} from './cannot-open.js';
import {assertInstalled} from './peer-package.js';
import {filePath} from './sink.js';

const steps = listOf(finiteNumber(), 'a list of numbers', 1) as ReturnType<typeof that<number[]>>;

const surfaceRecord = recordOf<LossSurface>('a surface, as lossSurface() returns it')({
  directions: oneOf(['eigenvectors', 'filterNormalized', 'given']),
  u: steps,
  v: steps,
  loss: that<number[][]>(
    value => Array.isArray(value) && value.every(row => Array.isArray(row) && row.every(Number.isFinite)),
    'a list of lists of numbers',
  ),
  center: finiteNumber(),
  norms: that<LossSurface['norms']>(
    value => Array.isArray(value) && value.length === 2 && value.every(Number.isFinite),
    'a list of two numbers',
  ),
  cosine: finiteNumber(),
  eigenvalues: orNull(
    listOf(
      recordOf<RitzValue>('an eigenvalue, {value, residual}')({value: finiteNumber(), residual: numberFrom(0)}),
      'a list of two eigenvalues',
      2,
    ),
  ) as ReturnType<typeof that<LossSurface['eigenvalues']>>,
});

/**
 * Writes a surface to a file: as a picture (.svg, .png) of its contours, or as data (.json). An existing file is replaced.
 *
 * A .png needs the package `@resvg/resvg-js`. In a page, draw the data with a library of your own (docs/concepts/loss-surface.md).
 *
 * @throws InvalidArgumentError for another file extension, for a file that cannot be written, or if a package is not installed.
 * @example
 * await writeLossSurface('surface.png', await lossSurface(model, {x, y}));
 */
export async function writeLossSurface(path: string, surface: LossSurface): Promise<void> {
  check('The path', filePath, path);
  check('The surface', surfaceRecord, surface);
  requireGrid(surface);
  const write = writers[extname(path).toLowerCase()];
  if (write === undefined) {
    throw new InvalidArgumentError(
      `${path}: a surface is written to a file that ends in ${Object.keys(writers).join(', ')}.`,
    );
  }
  const content = await write(surface);
  try {
    writeFileSync(path, content);
  } catch (error) {
    throw cannotOpen(path, error);
  }
}

const writers: Readonly<Record<string, (surface: LossSurface) => string | Uint8Array | Promise<string | Uint8Array>>> =
  {
    '.json': surface => `${JSON.stringify(surface)}\n`,
    '.svg': sheetOf,
    '.png': async surface => {
      assertInstalled('@resvg/resvg-js', 'A .png picture');
      const {toPng} = await import('./drawing/png.js');
      return toPng(await sheetOf(surface));
    },
  };

async function sheetOf(surface: LossSurface): Promise<string> {
  const {surfaceSheet} = await import('../report/surface-sheet.js');
  const {pageDocument} = await import('./drawing/page-document.js');
  return surfaceSheet(surface, pageDocument());
}

/** @throws InvalidArgumentError if the losses are not those of the points. */
function requireGrid({u, v, loss}: LossSurface): void {
  if (loss.length === u.length && loss.every(row => row.length === v.length)) return;
  throw new InvalidArgumentError(
    `The surface's loss must be a list of ${u.length} lists of ${v.length} numbers, one for each step of u and of v.`,
  );
}
