import {existsSync} from 'node:fs';
import {InvalidArgumentError} from '../../../errors.js';
import type {ArrayData, DataSet, NamedArrays} from './array-data.js';
import {readCsvData} from './csv-data.js';
import {readJsonData} from './json-data.js';
import {readNpz} from './npz.js';

/**
 * Reads the inputs and targets of a data file.
 *
 * @throws InvalidArgumentError if the file does not exist or has another format, or if its arrays do not fit each other.
 */
export async function readData(path: string): Promise<DataSet> {
  if (!existsSync(path)) throw new InvalidArgumentError(`${path} does not exist; name a file with data x and y.`);
  if (/\.csv$/i.test(path)) return readCsvData(path);
  let arrays: NamedArrays;
  if (/\.npz$/i.test(path)) arrays = await readNpz(path);
  else if (/\.json$/i.test(path)) arrays = readJsonData(path);
  else throw new InvalidArgumentError(`${path} must be an .npz, .json or .csv file.`);
  const data = {x: await named('x', arrays, path), y: await named('y', arrays, path)};
  const rows = data.x[0]!.shape[0];
  for (const [letter, list] of Object.entries(data) as ['x' | 'y', ArrayData[]][]) {
    for (const {shape} of list) {
      if (shape[0] === rows && rows) continue;
      throw new InvalidArgumentError(
        `${path}: ${letter} has shape [${shape.join(', ')}] and x [${data.x[0]!.shape.join(', ')}]; the first number, of ` +
          'samples, must be the same and not 0.',
      );
    }
  }
  return data;
}

/** `x`, or `x0`, `x1`, … */
async function named(letter: string, arrays: NamedArrays, path: string): Promise<ArrayData[]> {
  const single = arrays.get(letter);
  if (single) return [await single()];
  const list: ArrayData[] = [];
  for (let next = arrays.get(`${letter}0`); next; next = arrays.get(`${letter}${list.length}`)) list.push(await next());
  if (list.length > 0) return list;
  throw new InvalidArgumentError(
    `${path} has no array ${letter} (or ${letter}0, ${letter}1, … for several); it has ${[...arrays.keys()].join(', ') || 'none'}.`,
  );
}
