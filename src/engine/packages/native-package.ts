import {readFileSync, realpathSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import type {Machine} from '../machine/machine.js';
import {installPackages, notInstalled} from './package-manager.js';
import {lists, readManifest} from './project-manifest.js';

/** The two packages of TensorFlow.js that bind libtensorflow: the same source with two names. */
export type NativePackageName = '@tensorflow/tfjs-node-gpu' | '@tensorflow/tfjs-node';
/** Their names, in the order in which they are tried. */
export const nativePackageNames: readonly NativePackageName[] = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'];

/** The last release of both packages. */
export const nativePackageVersion = '4.22.0';

/** A native package in a project. */
export interface NativePackage {
  readonly name: NativePackageName;
  readonly version: string;
  /** Its real path. Package managers other than npm link to it. */
  readonly folder: string;
  /** The Node-API version that its addon is built for on this Node. */
  readonly napi: number;
  /** The path from which it loads its addon. */
  readonly addon: string;
}

interface Manifest {
  readonly version: string;
  readonly binary: {readonly napi_versions: readonly number[]};
}

/** The native package that code in `directory` would load; `null` if there is none. */
export function findNativePackage(
  directory: string,
  napi: number,
  names: readonly NativePackageName[] = nativePackageNames,
): NativePackage | null {
  const require = createRequire(join(directory, 'package.json'));
  for (const name of names) {
    let path: string;
    try {
      path = require.resolve(`${name}/package.json`);
    } catch {
      continue;
    }
    const manifest = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
    const version = Math.max(...manifest.binary.napi_versions.filter(candidate => candidate <= napi));
    const folder = realpathSync(dirname(path));
    const addon = join(folder, 'lib', `napi-v${version}`, 'tfjs_binding.node');
    return {name, version: manifest.version, folder, napi: version, addon};
  }
  return null;
}

/** The native package in a project's package.json. It need not be installed. */
export function listedNativePackage(directory: string): NativePackageName | null {
  const manifest = readManifest(directory);
  return nativePackageNames.find(name => lists(manifest, name)) ?? null;
}

/**
 * Installs a native package with the project's own package manager, without its install script, which would fail. Adds it to
 * package.json if it is not there.
 *
 * @throws EngineSetupError with the package manager's reason.
 */
export async function addNativePackage(
  directory: string,
  name: NativePackageName,
  machine: Machine,
): Promise<NativePackage> {
  const listed = lists(readManifest(directory), name);
  const line = await installPackages(directory, machine, listed ? undefined : `${name}@${nativePackageVersion}`);
  const added = findNativePackage(directory, machine.napi, [name]);
  if (!added) throw notInstalled(line, directory, 'it is not in node_modules');
  return added;
}
