import {readFileSync} from 'node:fs';
import {writeFile} from 'node:fs/promises';
import {join} from 'node:path';

/** The parts of a project's package.json that the set-up reads and writes. */
export interface ProjectManifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  /** For npm 11.16 and newer: the packages that may run install scripts. */
  allowScripts?: Record<string, boolean>;
  /** For npm: versions of what packages depend on. */
  overrides?: Overrides;
}

interface Overrides {
  [name: string]: string | Overrides;
}

/** The package.json of a folder; `null` if there is none, or it cannot be read. */
export function readManifest(directory: string): ProjectManifest | null {
  try {
    return JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as ProjectManifest;
  } catch {
    return null;
  }
}

/** Whether a package.json lists a package in any of its sections. */
export function lists(manifest: ProjectManifest | null, name: string): boolean {
  const {dependencies, devDependencies, optionalDependencies} = manifest ?? {};
  return [dependencies, devDependencies, optionalDependencies].some(section => section?.[name] !== undefined);
}

/** Writes a package.json. It keeps the indentation and the last line break. */
export async function writeManifest(directory: string, manifest: ProjectManifest): Promise<void> {
  const path = join(directory, 'package.json');
  const text = readFileSync(path, 'utf8');
  const indentation = /^[ \t]+(?=")/m.exec(text)?.[0] ?? (text.includes('\n') ? 2 : undefined);
  const end = /\r?\n$/.exec(text)?.[0] ?? '';
  await writeFile(path, JSON.stringify(manifest, null, indentation) + end);
}
