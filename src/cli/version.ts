import {readFileSync} from 'node:fs';

/** This package's version. Its package.json lies one folder above the built file, two above the source. */
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
