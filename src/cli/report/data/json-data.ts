import {InvalidArgumentError} from '../../../errors.js';
import {type ArrayData, type NamedArrays, sizeOf} from './array-data.js';

const MAX_RANK = 6;

/**
 * Reads the arrays of a JSON file, by name: nested lists, or `{"shape": […], "data": […]}`.
 *
 * @param path the file's name, for messages.
 * @throws InvalidArgumentError for another content.
 */
export function parseJsonData(text: string, path: string): NamedArrays {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (error) {
    throw new InvalidArgumentError(`${path} is not JSON: ${(error as Error).message}.`, {cause: error});
  }
  if (typeof content !== 'object' || content === null || Array.isArray(content)) {
    throw new InvalidArgumentError(`${path} must hold an object, {"x": [[…], …], "y": [[…], …]}.`);
  }
  return new Map(Object.entries(content).map(([name, value]) => [name, () => arrayOf(value, `${path}, "${name}"`)]));
}

function arrayOf(value: unknown, name: string): ArrayData {
  const {shape, data} = (value ?? {}) as {shape?: number[]; data?: number[]};
  if (Array.isArray(shape) && Array.isArray(data)) {
    const found = arrayOf(data, name);
    if (sizeOf(shape) !== found.values.length) {
      throw new InvalidArgumentError(
        `${name} has shape ${JSON.stringify(shape)} and ${found.values.length} numbers; they do not fit.`,
      );
    }
    return {shape, values: found.values};
  }
  const nested: number[] = [];
  for (let level = value; Array.isArray(level); level = level[0]) nested.push(level.length);
  if (nested.length > MAX_RANK) {
    throw new InvalidArgumentError(
      `${name} has ${nested.length} levels of lists; TensorFlow.js has up to ${MAX_RANK}.`,
    );
  }
  const values: number[] = [];
  const add = (part: unknown, depth: number): void => {
    if (depth < nested.length) {
      if (!Array.isArray(part) || part.length !== nested[depth]) {
        throw new InvalidArgumentError(`${name} is ragged: all lists of a level must have the same length.`);
      }
      for (const each of part) add(each, depth + 1);
    } else if (typeof part === 'number') values.push(part);
    else throw new InvalidArgumentError(`${name} holds ${JSON.stringify(part)?.slice(0, 40)}, which is not a number.`);
  };
  add(value, 0);
  return {shape: nested, values: Float32Array.from(values)};
}
