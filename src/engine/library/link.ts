import {existsSync, readFileSync} from 'node:fs';
import {copyFile, link, mkdir, readdir, rename, rm, symlink, writeFile} from 'node:fs/promises';
import {dirname, join, relative} from 'node:path';
import type {Flavour} from '../libtensorflow.js';
import type {NativePackage} from '../packages/native-package.js';
import type {Library} from './library.js';

/** What stands in a package that this set-up made work. */
export interface Stamp {
  readonly id: string;
  readonly version: string;
  readonly flavour: Flavour;
  /** Paths of the libraries and headers below `deps`. */
  readonly files: readonly string[];
}

const stampFile = 'tfjs-hessian.json';

/** The stamp of a package whose addon and libraries are all there; `null` where something is missing or another hand was at work. */
export function readStamp(pkg: NativePackage): Stamp | null {
  const deps = join(pkg.folder, 'deps');
  try {
    const stamp = JSON.parse(readFileSync(join(deps, stampFile), 'utf8')) as Stamp;
    // existsSync follows links: a link into a cache that was emptied counts as missing.
    return existsSync(pkg.addon) && stamp.files.every(file => existsSync(join(deps, file))) ? stamp : null;
  } catch {
    return null;
  }
}

/** Whether a set-up or another hand has put anything into a package. */
export function wasSetUp(pkg: NativePackage): boolean {
  return existsSync(pkg.addon) || existsSync(join(pkg.folder, 'deps', stampFile));
}

/** Says that the package works. Written last, so that an interrupted set-up is done again. */
export async function writeStamp(pkg: NativePackage, library: Library): Promise<void> {
  const {id, version, flavour} = library.build;
  const stamp = {id, version, flavour, addon: relative(pkg.folder, pkg.addon), files: Object.keys(library.files)};
  const path = join(pkg.folder, 'deps', stampFile);
  await writeFile(`${path}.draft`, JSON.stringify(stamp));
  await rename(`${path}.draft`, path);
}

/**
 * Puts a library and an addon into a package, as its `deps` and `lib`.
 *
 * Libraries are hard links: they take no space, outlive the cache, and are copied along when `node_modules` is. Where the cache
 * is on another file system they are symbolic links, one a file, so that `$ORIGIN` remains `deps/lib` and CUDA is found
 * beside it. The addon is small and copied: Node resolves links before it loads, and its run path starts from where it lies.
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

  // A folder cannot be renamed over another, and a process that runs on the old files keeps them open.
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
    // Another file system, or one that forbids or lacks hard links.
    await symlink(source, target);
  }
}

async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name.startsWith('deps.draft-')) await rm(join(folder, name), {recursive: true, force: true});
  }
}
