import {buffer} from 'node:stream/consumers';
import yauzl from 'yauzl';
import {InvalidArgumentError} from '../../../errors.js';
import type {NamedArrays} from './array-data.js';
import {parseNpy} from './npy.js';

/**
 * Reads the arrays of a file from `np.savez` or `np.savez_compressed`, by name: a zip of `<name>.npy`.
 *
 * @throws InvalidArgumentError for another format.
 */
export async function readNpz(path: string): Promise<NamedArrays> {
  const files = await unzip(path);
  return new Map(files.map(([name, bytes]) => [name, () => parseNpy(bytes, `${path}, array "${name}"`)]));
}

async function unzip(path: string): Promise<[name: string, bytes: Uint8Array][]> {
  try {
    const zip = await yauzl.openPromise(path);
    const files: [string, Uint8Array][] = [];
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith('.npy')) continue;
      files.push([entry.fileName.slice(0, -4), await buffer(await zip.openReadStreamPromise(entry))]);
    }
    return files;
  } catch (error) {
    throw new InvalidArgumentError(
      `${path} cannot be read as .npz (${(error as Error).message}); write it with np.savez(file, x=x, y=y).`,
      {cause: error},
    );
  }
}
