import {readFileSync} from 'node:fs';

/** The version of this package, whose package.json is one folder above this module, in the sources and in the package. */
export const version = packageVersion() ?? 'unknown';

function packageVersion(): string | null {
  try {
    const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
    const manifest = JSON.parse(text) as {name: string; version: string};
    return manifest.name === 'tfjs-hessian' ? manifest.version : null;
  } catch {
    return null;
  }
}
