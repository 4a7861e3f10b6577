import {existsSync} from 'node:fs';
import {delimiter, join} from 'node:path';

/** The first file of this name in the folders of `PATH`, then in others. */
export function inPath(name: string, others: readonly string[] = []): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...others];
  return folders.map(folder => join(folder, name)).find(path => existsSync(path));
}
