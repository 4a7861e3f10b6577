import {mkdir, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {EngineSetupError} from '../../errors.js';
import {publish} from '../cache.js';
import type {Build} from '../libtensorflow.js';
import type {Machine} from '../machine/machine.js';
import type {Python} from '../machine/python.js';
import {unpackWheel} from './unpack.js';
import {downloadWheel, megabytes, wheelParts} from './wheel.js';

/** A libtensorflow in the cache. */
export interface Library {
  readonly build: Build;
  /** The folder with `lib`, `include` and, for CUDA, `nvidia`. */
  readonly folder: string;
  /** The paths of all files in `folder`, and their sizes after unpacking. */
  readonly files: Readonly<Record<string, number>>;
}

const manifest = 'manifest.json';

/** The library in the cache; `null` if a file of it is missing or has another size. */
export async function cachedLibrary(build: Build, machine: Machine): Promise<Library | null> {
  const folder = join(machine.cache, build.id);
  try {
    const files = JSON.parse(await readFile(join(folder, manifest), 'utf8')) as Library['files'];
    for (const [path, bytes] of Object.entries(files)) {
      if ((await stat(join(folder, path))).size !== bytes) return null;
    }
    return {build, folder, files};
  } catch {
    return null;
  }
}

/**
 * Downloads a library into the cache. It takes one wheel at a time, so that the disk holds at most one besides the unpacked files.
 *
 * @param say gets a line for each step.
 * @throws EngineSetupError if the disk is too full, a download fails or a file is not the pinned one.
 */
export async function fetchLibrary(
  build: Build,
  machine: Machine,
  python: Python,
  say: (line: string) => void,
  progress: boolean,
): Promise<Library> {
  await mkdir(machine.cache, {recursive: true});
  await checkSpace(build, machine);
  let files: Library['files'] = {};
  const folder = await publish(machine.cache, build.id, async draft => {
    for (const wheel of build.wheels) {
      const {name, version} = wheelParts(wheel);
      say(`Downloading ${name} ${version} (${megabytes(wheel.bytes)}) …`);
      const path = await downloadWheel(wheel, join(draft, 'wheel'), python, machine, progress);
      say(`Unpacking ${name} ${version}, its SHA-256 is right …`);
      await unpackWheel(path, draft, python, machine);
      await rm(join(draft, 'wheel'), {recursive: true});
    }
    files = await sizesBelow(draft);
    if (!Object.keys(files).some(path => path.startsWith('lib/libtensorflow_cc.'))) {
      throw new EngineSetupError(
        `${build.wheels.map(wheel => wheel.file).join(', ')} held no libtensorflow_cc. Please report this as a bug of tfjs-hessian.`,
      );
    }
    await writeFile(join(draft, manifest), JSON.stringify(files, null, 1));
  });
  return {build, folder, files};
}

async function checkSpace(build: Build, machine: Machine): Promise<void> {
  const unpacked = build.wheels.reduce((sum, wheel) => sum + wheel.unpackedBytes, 0);
  const needed = unpacked + Math.max(...build.wheels.map(wheel => wheel.bytes));
  const free = await machine.freeBytes(machine.cache);
  if (free < needed) {
    throw new EngineSetupError(
      `Not enough space in ${machine.cache}: ${build.id} needs ${megabytes(needed)} while it is set up and ` +
        `${megabytes(unpacked)} after that; ${megabytes(free)} are free. Make room, or name a folder on another disk in the ` +
        `environment variable TFJS_HESSIAN_CACHE.`,
    );
  }
}

async function sizesBelow(folder: string): Promise<Record<string, number>> {
  const sizes: Record<string, number> = {};
  for (const entry of await readdir(folder, {recursive: true})) {
    const found = await stat(join(folder, entry));
    if (found.isFile()) sizes[entry] = found.size;
  }
  return sizes;
}
