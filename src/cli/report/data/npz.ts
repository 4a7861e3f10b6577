import {constants} from 'node:buffer';
import {freemem} from 'node:os';
import {buffer} from 'node:stream/consumers';
import type {Entry} from 'yauzl';
import yauzl from 'yauzl';
import {InvalidArgumentError} from '../../../errors.js';
import type {ArrayData, NamedArrays} from './array-data.js';
import {parseNpy} from './npy.js';

/**
 * Lists the arrays of a file from `np.savez` or `np.savez_compressed`, by name: a zip of `<name>.npy`. Only those that are
 * asked for are unpacked.
 *
 * @param limit the most bytes that an array may have when it is unpacked; default: half of the free memory.
 * @throws InvalidArgumentError for another format, and later for an array that is too large.
 */
export async function readNpz(path: string, limit?: number): Promise<NamedArrays> {
  const entries = await openZip(path, async zip => {
    const found: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (entry.fileName.endsWith('.npy')) found.push(entry);
    return found;
  });
  return new Map(
    entries.map(entry => {
      const name = entry.fileName.slice(0, -4);
      return [name, () => readArray(path, name, entry, limit ?? halfOfMemory())];
    }),
  );
}

function halfOfMemory(): number {
  return Math.min(Math.floor(freemem() / 2), constants.MAX_LENGTH);
}

async function readArray(path: string, name: string, entry: Entry, limit: number): Promise<ArrayData> {
  const what = `${path}, array "${name}"`;
  // The file says how large the array is once unpacked; a stream that gives more is an error.
  const size = entry.uncompressedSize;
  if (size > limit) {
    throw new InvalidArgumentError(
      `${what} has ${size} bytes, and at most ${limit} can be read on this machine now; save fewer samples.`,
    );
  }
  const bytes = await openZip(path, async zip => buffer(await zip.openReadStreamPromise(entry)));
  return parseNpy(bytes, what);
}

async function openZip<T>(path: string, use: (zip: Awaited<ReturnType<typeof yauzl.openPromise>>) => Promise<T>) {
  try {
    const zip = await yauzl.openPromise(path, {autoClose: false});
    try {
      return await use(zip);
    } finally {
      zip.close();
    }
  } catch (error) {
    throw new InvalidArgumentError(
      `${path} cannot be read as .npz (${(error as Error).message}); write it with np.savez(file, x=x, y=y).`,
      {cause: error},
    );
  }
}
