// The site as it is built and served.
import {execFileSync} from 'node:child_process';
import {mkdtempSync, readdirSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {repository} from '../engine/run-source.js';
import {servedFiles} from './served-files.js';

export interface BuiltSite extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  /** All pages, as paths such as `docs/index.html`. */
  readonly pages: readonly string[];
  /** What the build has printed. */
  readonly printed: string;
}

/** Builds the site with its own command and serves it. */
export async function builtSite(): Promise<BuiltSite> {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-site-'));
  const script = [join(repository, 'node_modules/tsx/dist/cli.mjs'), 'scripts/site.ts', '--out', folder];
  const {NODE_ENV: _, VITEST: __, ...env} = process.env;
  const printed = execFileSync(process.execPath, script, {cwd: repository, env, encoding: 'utf8', stdio: 'pipe'});
  const files = await servedFiles(folder);
  return {
    folder,
    url: files.url,
    pages: readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(path => path.endsWith('.html')),
    printed,
    async [Symbol.asyncDispose]() {
      await files[Symbol.asyncDispose]();
      rmSync(folder, {recursive: true, force: true});
    },
  };
}
