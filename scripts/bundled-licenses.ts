import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import type {Rolldown} from 'tsdown';

/** Writes the licenses of the packages that are bundled into a build, as the licenses require. */
export function bundledLicenses(fileName: string): Rolldown.Plugin {
  return {
    name: 'bundled-licenses',
    generateBundle(_, bundle) {
      const modules = Object.values(bundle).flatMap(file => (file.type === 'chunk' ? file.moduleIds : []));
      const folders = [...new Set(modules.flatMap(id => packageOf(id) ?? []))].sort();
      if (folders.length === 0) return;
      this.emitFile({type: 'asset', fileName, source: folders.map(notice).join(`\n${'─'.repeat(80)}\n\n`)});
    },
  };
}

/** The folder of the package that a module belongs to; `null` for our own. */
export function packageOf(id: string): string | null {
  const folder = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/'))?.[1];
  return folder !== undefined && existsSync(join(folder, 'package.json')) ? folder : null;
}

function notice(folder: string): string {
  const {name, version, license} = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<
    string,
    string
  >;
  const file = readdirSync(folder).find(entry => /^licen[cs]e/i.test(entry));
  if (file === undefined)
    throw new Error(`${name} has no file with its license (${license}), so that it cannot be bundled.`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
