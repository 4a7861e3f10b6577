import {readFileSync, realpathSync} from 'node:fs';
import {createRequire} from 'node:module';
import {join, sep} from 'node:path';
import {EngineSetupError} from '../../errors.js';
import type {Machine} from '../machine/machine.js';
import {nativePackageNames} from './native-package.js';
import {commandOf, installPackages} from './package-manager.js';
import {lists, readManifest, writeManifest} from './project-manifest.js';

/** The first release of `tar` without the holes that `npm audit` reports, and newer ones of that major version. */
const GOOD_TAR = '^7.5.0';

/**
 * Whether `npm audit` complains about the `tar` that the project's native package brings for its own installer.
 *
 * @returns the old version; `null` if there is none in the project's `node_modules`.
 */
export function oldTar(directory: string): string | null {
  const root = realpathSync(directory);
  for (const name of nativePackageNames) {
    try {
      const native = createRequire(join(root, 'package.json')).resolve(`${name}/package.json`);
      const path = createRequire(native).resolve('tar/package.json');
      const {version} = JSON.parse(readFileSync(path, 'utf8')) as {version: string};
      if (realpathSync(path).startsWith(root + sep) && Number.parseInt(version, 10) < 7) return version;
    } catch {
      // Not installed here.
    }
  }
  return null;
}

/**
 * Changes package.json and the lock file so that the native package gets a `tar` without known holes. Other packages keep theirs.
 *
 * @throws EngineSetupError for a package manager that does not read `overrides` of npm's kind, or with npm's reason.
 */
export async function replaceOldTar(directory: string, machine: Machine): Promise<void> {
  const command = commandOf(directory);
  if (command !== 'npm') {
    throw new EngineSetupError(
      `--for-audit writes "overrides" for npm, and this project uses ${command}. Let ${command} replace tar by ${GOOD_TAR} ` +
        '(pnpm: "overrides" in pnpm-workspace.yaml; Yarn: "resolutions" in package.json; Bun: "overrides" without nesting).',
    );
  }
  const manifest = readManifest(directory) ?? {};
  const names = nativePackageNames.filter(name => lists(manifest, name));
  const known = manifest.overrides ?? {};
  const added = names.map(name => {
    const own = known[name];
    // Text names the version of the package itself.
    const kept = typeof own === 'string' ? {'.': own} : own;
    return [name, {...kept, tar: GOOD_TAR}] as const;
  });
  manifest.overrides = {...known, ...Object.fromEntries(added)};
  await writeManifest(directory, manifest);
  await installPackages(directory, machine);
}
