import type {DataSet} from '../../../src/cli/report/data/array-data.js';
import {parseCsvData} from '../../../src/cli/report/data/csv-data.js';
import {dataSetOf} from '../../../src/cli/report/data/data-set.js';
import {parseJsonData} from '../../../src/cli/report/data/json-data.js';
import {npzArrays} from './npz.js';

/**
 * Reads the inputs and targets of a file, as the command `report` does.
 *
 * @throws Error if it has another format, or arrays that do not fit each other.
 */
export async function ownData(file: File): Promise<DataSet> {
  const {name} = file;
  if (/\.csv$/i.test(name)) return parseCsvData(await file.text(), name);
  if (/\.json$/i.test(name)) return dataSetOf(parseJsonData(await file.text(), name), name);
  if (/\.npz$/i.test(name)) return dataSetOf(await npzArrays(file), name);
  throw new Error(`${name} must be an .npz, .json or .csv file.`);
}
