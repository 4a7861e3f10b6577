import {InvalidArgumentError} from '../../errors.js';
import {oneLine, parseModel, type SavedModel, shardsOf, withWeights} from './model-file.js';

/**
 * Reads a model.json and its weights from files that a user has chosen or dropped. Other files are ignored.
 *
 * @throws InvalidArgumentError if a file is missing, or the model.json is not a layers model.
 */
export async function readModelFiles(files: readonly File[]): Promise<SavedModel> {
  const model = files.find(({name}) => name === 'model.json') ?? files.find(({name}) => name.endsWith('.json'));
  if (model === undefined) {
    const given = files.map(({name}) => name).join(', ');
    throw new InvalidArgumentError(
      `loadKerasModel(): there is no model.json in the files ${given}; give it together with the files of its weights.`,
    );
  }
  const file = parseModel(await bytesOf(model), model.name);
  const shards = shardsOf(file, model.name).map(shard => {
    const name = shard.slice(shard.lastIndexOf('/') + 1);
    const found = files.find(each => each.name === name);
    if (found !== undefined) return found;
    throw new InvalidArgumentError(`${model.name} has weights in ${shard}, which is not among the files; add it.`);
  });
  return withWeights(file, await Promise.all(shards.map(bytesOf)), model.name);
}

/**
 * Reads a model.json and its weights from the web.
 *
 * @throws InvalidArgumentError if a file cannot be read, or the model.json is not a layers model.
 */
export async function fetchModel(url: string): Promise<SavedModel> {
  const file = parseModel(await fetched(url, 'name a model.json'), url);
  const folder = url.replace(/[?#].*$/, '').replace(/[^/]*$/, '');
  const shards = shardsOf(file, url).map(shard => fetched(folder + shard, `${url} names it`));
  return withWeights(file, await Promise.all(shards), url);
}

const bytesOf = async (file: File) => new Uint8Array(await file.arrayBuffer());

async function fetched(url: string, hint: string): Promise<Uint8Array> {
  let reason: string;
  try {
    const response = await fetch(url);
    if (response.ok) return new Uint8Array(await response.arrayBuffer());
    reason = `status ${response.status}`;
  } catch (error) {
    reason = oneLine((error as Error).message);
  }
  throw new InvalidArgumentError(`${url} cannot be read (${reason}); ${hint}.`);
}
