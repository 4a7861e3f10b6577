// Makes the dashboard's script and style, for the package and for a run from the sources.
import {readFile} from 'node:fs/promises';
import {fileURLToPath} from 'node:url';
import type {Rolldown} from 'vite';
import {build} from 'vite';
import {bundledLicenses} from './bundled-licenses.js';

const page = fileURLToPath(new URL('../src/dashboard/page/', import.meta.url));

const LICENSES = 'licenses.md';

export interface BundledPage {
  readonly script: string;
  readonly style: string;
  /** Licenses of the packages in the script. */
  readonly licenses: string;
}

export async function bundlePage(): Promise<BundledPage> {
  const {output} = (await build({
    configFile: false,
    logLevel: 'silent',
    root: page,
    build: {
      write: false,
      target: 'es2022',
      modulePreload: {polyfill: false},
      license: {fileName: LICENSES},
      rolldownOptions: {
        input: `${page}main.ts`,
        output: {minify: true},
        plugins: [bundledLicenses('licenses.txt')],
      },
    },
  })) as Rolldown.RolldownOutput;
  const licenses = output.find(({fileName}) => fileName === LICENSES) as Rolldown.OutputAsset;
  return {
    script: output[0].code,
    style: await readFile(`${page}page.css`, 'utf8'),
    licenses: String(licenses.source),
  };
}
