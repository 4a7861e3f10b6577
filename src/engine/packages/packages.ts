import {readFileSync, realpathSync} from 'node:fs';
import {createRequire} from 'node:module';
import {dirname, join} from 'node:path';
import {fileURLToPath} from 'node:url';
import {EngineSetupError} from '../../errors.js';

/** A package that Node finds. */
export interface Installed {
  readonly name: string;
  /** The package's folder. */
  readonly path: string;
  /** The folder from which it was found. */
  readonly home: string;
}

/** The packages that the user's project finds, then those that we find; each folder once. */
export function installed(names: readonly string[]): readonly Installed[] {
  const found = new Map<string, Installed>();
  for (const home of [process.cwd(), dirname(fileURLToPath(import.meta.url))]) {
    for (const name of names) {
      const path = locate(name, home);
      if (path && !found.has(path)) found.set(path, {name, path, home});
    }
  }
  return [...found.values()];
}

/** The real folder of the package that code in `home` would load; `null` if there is none. */
export function locate(name: string, home: string): string | null {
  try {
    return realpathSync(dirname(createRequire(join(home, 'package.json')).resolve(`${name}/package.json`)));
  } catch {
    return null;
  }
}

/** Loads a package as CommonJS: that is the copy of tfjs-core that the native packages use, and that `import` loads in Node too. */
export function requireFrom(folder: string): unknown {
  return createRequire(join(folder, 'package.json'))(folder);
}

/**
 * Refuses copies of core and layers, as seen from `home`, that are not ours. One copy of tfjs-layers does not recognize the models
 * and callbacks of another, which would fail far from the cause.
 */
export function checkCopies(home: string): void {
  for (const name of ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers']) {
    const theirs = locate(name, home);
    const ours = locate(name, dirname(fileURLToPath(import.meta.url)));
    if (theirs && ours && theirs !== ours) {
      throw new EngineSetupError(
        `There are two copies of ${name}: version ${manifestOf(theirs).version} in ${theirs}, and version ` +
          `${manifestOf(ours).version} in ${ours}, which tfjs-hessian uses. Install tfjs-hessian in the project itself, give all ` +
          '@tensorflow packages the same version in its package.json, and run `npm dedupe`.',
      );
    }
  }
}

export function manifestOf(folder: string): {readonly name: string; readonly version: string} {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {name: string; version: string};
}
