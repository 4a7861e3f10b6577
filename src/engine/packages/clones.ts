import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Machine} from '../machine/machine.js';
import type {NativePackageName} from './native-package.js';
import {installPackages} from './package-manager.js';
import {readManifest, writeManifest} from './project-manifest.js';

/**
 * Whether `npm ci` fails in a clone of the project, because the native package's own install script runs there and fails.
 *
 * It does not fail if the package is an optional dependency, or if install scripts are off.
 */
export function failsInClones(directory: string, name: NativePackageName): boolean {
  const {dependencies, devDependencies} = readManifest(directory) ?? {};
  const required = dependencies?.[name] !== undefined || devDependencies?.[name] !== undefined;
  return required && !scriptsAreOff(directory);
}

/**
 * Changes package.json and the lock file so that `npm ci` succeeds in a clone.
 *
 * The package becomes an optional dependency: then no package manager reports a failing install script as an error. With
 * `allowScripts`, npm 11.16 and newer do not run the script. The scripts of other packages are not affected.
 *
 * @throws EngineSetupError with the package manager's reason.
 */
export async function prepareForClones(directory: string, name: NativePackageName, machine: Machine): Promise<void> {
  const manifest = readManifest(directory) ?? {};
  const version = manifest.dependencies?.[name] ?? manifest.devDependencies?.[name];
  if (version === undefined) return;
  manifest.optionalDependencies = {...manifest.optionalDependencies, [name]: version};
  manifest.allowScripts = {...manifest.allowScripts, [name]: false};
  for (const section of ['dependencies', 'devDependencies'] as const) {
    delete manifest[section]?.[name];
    if (manifest[section] && Object.keys(manifest[section]).length === 0) delete manifest[section];
  }
  await writeManifest(directory, manifest);
  await installPackages(directory, machine);
}

function scriptsAreOff(directory: string): boolean {
  try {
    return /^\s*ignore-scripts\s*=\s*true\s*$/m.test(readFileSync(join(directory, '.npmrc'), 'utf8'));
  } catch {
    return false;
  }
}
