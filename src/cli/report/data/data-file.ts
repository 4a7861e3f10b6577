import {existsSync, readFileSync} from 'node:fs';
import {InvalidArgumentError} from '../../../errors.js';
import type {DataSet, NamedArrays} from './array-data.js';
import {parseCsvData} from './csv-data.js';
import {dataSetOf} from './data-set.js';
import {parseJsonData} from './json-data.js';
import {readNpz} from './npz.js';

/**
 * Reads the inputs and targets of a data file.
 *
 * @throws InvalidArgumentError if the file does not exist or has another format, or if its arrays do not fit each other.
 */
export async function readData(path: string): Promise<DataSet> {
  if (!existsSync(path)) throw new InvalidArgumentError(`${path} does not exist; name a file with data x and y.`);
  if (/\.csv$/i.test(path)) return parseCsvData(readFileSync(path, 'utf8'), path);
  let arrays: NamedArrays;
  if (/\.npz$/i.test(path)) arrays = await readNpz(path);
  else if (/\.json$/i.test(path)) arrays = parseJsonData(readFileSync(path, 'utf8'), path);
  else throw new InvalidArgumentError(`${path} must be an .npz, .json or .csv file.`);
  return dataSetOf(arrays, path);
}
