import {readFileSync} from 'node:fs';

/** The version of this package. Its package.json is one folder above the built file and two above the source. */
export const version = ['..', '../..'].map(packageVersion).find(found => found !== null) ?? 'unknown';

function packageVersion(folder: string): string | null {
  try {
    const text = readFileSync(new URL(`${folder}/package.json`, import.meta.url), 'utf8');
    const manifest = JSON.parse(text) as {name: string; version: string};
    return manifest.name === 'tfjs-hessian' ? manifest.version : null;
  } catch {
    return null;
  }
}
