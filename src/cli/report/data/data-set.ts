import {InvalidArgumentError} from '../../../errors.js';
import type {ArrayData, DataSet, NamedArrays} from './array-data.js';

/**
 * The inputs and targets among the arrays of a file.
 *
 * @param path the file's name, for messages.
 * @throws InvalidArgumentError if an array is missing or has another number of samples.
 */
export async function dataSetOf(arrays: NamedArrays, path: string): Promise<DataSet> {
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
