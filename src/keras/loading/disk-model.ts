import {InvalidArgumentError} from '../../errors.js';
import type {nodeModules} from '../../native/node-modules.js';
import {conversion, parseModel, type SavedModel, shardsOf, withWeights} from './model-file.js';

/** What is needed of Node. */
export type NodeFiles = Pick<NonNullable<ReturnType<typeof nodeModules>>, 'fs' | 'path'>;

/**
 * Reads a model.json, or the one in a folder, and its weights from all shards.
 *
 * @throws InvalidArgumentError if it does not exist or is not a layers model.
 */
export function readModel(given: string, {fs, path: paths}: NodeFiles): SavedModel {
  const path = fileOf(given, {fs, path: paths});
  const file = parseModel(read(path, 'name a model.json', fs), path);
  const folder = paths.dirname(path);
  const shards = shardsOf(file, path).map(shard => {
    const found = paths.resolve(folder, shard);
    assertInside(found, folder, {fs, path: paths});
    return read(found, `${path} names it`, fs);
  });
  return withWeights(file, shards, path);
}

/** The model.json of a folder, or the file itself. */
function fileOf(path: string, {fs, path: {join}}: NodeFiles): string {
  if (!fs.existsSync(path) || !fs.statSync(path).isDirectory()) return path;
  const inside = join(path, 'model.json');
  if (fs.existsSync(inside)) return inside;
  if (fs.existsSync(join(path, 'saved_model.pb'))) {
    throw new InvalidArgumentError(
      `${path} is a SavedModel of TensorFlow; convert it: ${conversion('keras_saved_model', path)}.`,
    );
  }
  throw new InvalidArgumentError(
    `${path} is a folder without a model.json; name a model.json, or the folder that holds it.`,
  );
}

/** A link must not lead out of the model's folder: a model must not make a program read other files. */
function assertInside(
  path: string,
  folder: string,
  {fs: {realpathSync}, path: {relative, isAbsolute}}: NodeFiles,
): void {
  let real: string;
  try {
    real = realpathSync(path);
  } catch {
    // `read` says that it does not exist.
    return;
  }
  const within = relative(realpathSync(folder), real);
  if (!/^\.\.([/\\]|$)/.test(within) && !isAbsolute(within)) return;
  throw new InvalidArgumentError(
    `${path} is a link to ${real}, outside the model's folder; copy the file into the folder.`,
  );
}

function read(path: string, hint: string, {readFileSync, statSync}: NodeFiles['fs']): Uint8Array {
  try {
    if (!statSync(path).isFile()) throw new Error('it is not a regular file');
    return readFileSync(path);
  } catch (error) {
    const {code, message} = error as NodeJS.ErrnoException;
    const reason = code === 'ENOENT' ? 'does not exist' : `cannot be read (${message})`;
    throw new InvalidArgumentError(`${path} ${reason}; ${hint}.`, {cause: error});
  }
}
