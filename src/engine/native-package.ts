import {existsSync, readFileSync, realpathSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {EngineSetupError} from '../errors.js';
import {run, tellingLine} from './command.js';
import type {Machine} from './machine.js';

/** The two packages of TensorFlow.js that bind libtensorflow; the same source under two names. The first is tried first. */
export const nativePackageNames = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const;
export type NativePackageName = (typeof nativePackageNames)[number];

/** The last release of both packages. */
export const nativePackageVersion = '4.22.0';

/** A native package as it lies in a project. */
export interface NativePackage {
  readonly name: NativePackageName;
  readonly version: string;
  /** Its real path: package managers other than npm link to it. */
  readonly folder: string;
  /** Node-API version that its addon is built for on this Node. */
  readonly napi: number;
  /** Where it loads its addon from. */
  readonly addon: string;
}

interface Manifest {
  readonly version: string;
  readonly binary: {readonly napi_versions: readonly number[]};
}

/** The native package that code in `directory` would load, by Node's rules; `null` where there is none. */
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

interface PackageManager {
  readonly lockFile: string;
  /** What tells two managers with the same lock file's name apart. */
  readonly contains?: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Which command adds a package without running its scripts, told by the nearest lock file. */
const managers: readonly PackageManager[] = [
  {lockFile: 'package-lock.json', command: 'npm', args: ['install', '--ignore-scripts', '--no-audit', '--no-fund']},
  {lockFile: 'pnpm-lock.yaml', command: 'pnpm', args: ['add', '--ignore-scripts']},
  // Yarn 2 and later take no such flag; an environment variable says it to them.
  {lockFile: 'yarn.lock', contains: '__metadata', command: 'yarn', args: ['add']},
  {lockFile: 'yarn.lock', command: 'yarn', args: ['add', '--ignore-scripts']},
  {lockFile: 'bun.lock', command: 'bun', args: ['add', '--ignore-scripts']},
  {lockFile: 'bun.lockb', command: 'bun', args: ['add', '--ignore-scripts']},
];

function managerOf(directory: string): PackageManager {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = managers.find(({lockFile, contains = ''}) => {
      const path = join(folder, lockFile);
      return existsSync(path) && readFileSync(path, 'utf8').includes(contains);
    });
    // npm is what Node brings.
    if (found || folder === dirname(folder)) return found ?? managers[0]!;
  }
}

/**
 * Adds a native package to a project with the project's own package manager and no install script, which would fail.
 *
 * @throws EngineSetupError with the package manager's reason.
 */
export async function addNativePackage(
  directory: string,
  name: NativePackageName,
  machine: Machine,
): Promise<NativePackage> {
  const manager = managerOf(directory);
  const args = [...manager.args, `${name}@${nativePackageVersion}`];
  const environment = {...machine.environment, YARN_ENABLE_SCRIPTS: 'false'};
  const outcome = await run(manager.command, args, {cwd: directory, environment});
  const added = outcome.code === 0 ? findNativePackage(directory, machine.napi, [name]) : null;
  if (!added) {
    const reason = tellingLine(outcome.stderr || outcome.stdout, /^npm error (?!A complete log)|ERR|error/i).slice(
      0,
      300,
    );
    throw new EngineSetupError(
      `\`${manager.command} ${args.join(' ')}\` did not add the package to ${directory}: ${reason}. Add it by hand with install scripts ` +
        'off (npm: --ignore-scripts), then run the set-up again.',
    );
  }
  return added;
}
