import {existsSync, readFileSync} from 'node:fs';
import {copyFile, link, mkdir, readdir, rename, rm, symlink, writeFile} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import type {Flavour} from '../libtensorflow.js';
import type {NativePackage} from '../packages/native-package.js';
import type {Library} from './library.js';

/** The stamp in a package that this set-up has set up. */
export interface Stamp {
  readonly id: string;
  readonly version: string;
  readonly flavour: Flavour;
  /** The edition of the addon; set-ups of before it had one wrote none. */
  readonly edition?: number;
  /** The paths of the libraries and headers in `deps`. */
  readonly files: readonly string[];
}

const stampFile = 'tfjs-hessian.json';

/** The stamp of a package with all its files; `null` if a file is missing, or the package was set up by other means. */
export function readStamp(pkg: NativePackage): Stamp | null {
  const deps = join(pkg.folder, 'deps');
  try {
    const stamp = JSON.parse(readFileSync(join(deps, stampFile), 'utf8')) as Stamp;
    // existsSync follows links: a link into an emptied cache counts as missing.
    return existsSync(pkg.addon) && stamp.files.every(file => existsSync(join(deps, file))) ? stamp : null;
  } catch {
    return null;
  }
}

/** Whether a package has been set up at least in part, by us or by other means. */
export function wasSetUp(pkg: NativePackage): boolean {
  return existsSync(pkg.addon) || existsSync(join(pkg.folder, 'deps', stampFile));
}

/** Writes the stamp, last of all, so that an interrupted set-up is repeated. */
export async function writeStamp(pkg: NativePackage, library: Library, edition: number): Promise<void> {
  const {id, version, flavour} = library.build;
  const addon = relative(pkg.folder, pkg.addon);
  const stamp = {id, version, flavour, edition, addon, files: Object.keys(library.files)};
  const path = join(pkg.folder, 'deps', stampFile);
  await writeFile(`${path}.draft`, JSON.stringify(stamp));
  await rename(`${path}.draft`, path);
}

/**
 * Puts a library and an addon into a package, as its `deps` and `lib`.
 *
 * Libraries are hard links: they take no space, outlive the cache, and are copied with `node_modules`. If the cache is on another
 * file system they are symbolic links, one for each file, so that `$ORIGIN` is still `deps/lib` and CUDA is found beside it. The
 * addon is copied: Node resolves links before it loads, and the addon's run path is relative to its own folder.
 */
export async function linkInto(pkg: NativePackage, library: Library, addon: string): Promise<void> {
  await removeDrafts(pkg.folder);
  const draft = join(pkg.folder, `deps.draft-${process.pid}`);
  for (const file of Object.keys(library.files)) {
    const target = join(draft, file);
    await mkdir(dirname(target), {recursive: true});
    await hardOrSymbolicLink(join(library.folder, file), target);
  }
  await mkdir(dirname(pkg.addon), {recursive: true});
  await copyFile(addon, `${pkg.addon}.draft`);

  // A folder cannot be renamed over another. A running process keeps the old files open.
  const deps = join(pkg.folder, 'deps');
  if (existsSync(deps)) await rename(deps, join(pkg.folder, `deps.draft-old-${process.pid}`));
  await rename(draft, deps);
  await rename(`${pkg.addon}.draft`, pkg.addon);
  await removeDrafts(pkg.folder);
}

async function hardOrSymbolicLink(source: string, target: string): Promise<void> {
  try {
    await link(source, target);
  } catch {
    // Another file system, or one without hard links.
    await symlink(source, target);
  }
}

async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('deps.draft-')) await rm(join(folder, name), {recursive: true, force: true});
  }
}
