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

/** Which command adds a package, told by the nearest lock file. */
const managers = [
  {lockFile: 'package-lock.json', command: 'npm', verb: 'install'},
  {lockFile: 'pnpm-lock.yaml', command: 'pnpm', verb: 'add'},
  {lockFile: 'yarn.lock', command: 'yarn', verb: 'add'},
  {lockFile: 'bun.lock', command: 'bun', verb: 'add'},
  {lockFile: 'bun.lockb', command: 'bun', verb: 'add'},
];

function managerOf(directory: string): (typeof managers)[number] {
  for (let folder = directory; ; folder = dirname(folder)) {
    const found = managers.find(({lockFile}) => existsSync(join(folder, lockFile)));
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
  const {command, verb} = managerOf(directory);
  const args = [verb, `${name}@${nativePackageVersion}`];
  const outcome = await run(command, args, {
    cwd: directory,
    environment: {
      ...machine.environment,
      // Heeded by npm, pnpm and Yarn 1; then Yarn 2 and later. Bun runs no scripts of packages that are not trusted.
      npm_config_ignore_scripts: 'true',
      YARN_ENABLE_SCRIPTS: 'false',
      npm_config_audit: 'false',
      npm_config_fund: 'false',
    },
  });
  const added = outcome.code === 0 ? findNativePackage(directory, machine.napi, [name]) : null;
  if (!added) {
    const reason = tellingLine(outcome.stderr || outcome.stdout, /^npm error (?!A complete log)|ERR|error/i).slice(
      0,
      300,
    );
    throw new EngineSetupError(
      `\`${command} ${args.join(' ')}\` did not add the package to ${directory}: ${reason}. Add it by hand with install scripts ` +
        'off (npm: --ignore-scripts), then run the set-up again.',
    );
  }
  return added;
}
