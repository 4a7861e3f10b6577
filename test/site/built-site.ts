// The site as it is built and served.
import {execFileSync} from 'node:child_process';
import {existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {tmpdir} from 'node:os';
import {extname, join, posix} from 'node:path';
import {repository} from '../engine/run-source.js';

export interface BuiltSite extends AsyncDisposable {
  readonly folder: string;
  readonly url: string;
  /** All pages, as paths such as `docs/index.html`. */
  readonly pages: readonly string[];
  /** What the build has printed. */
  readonly printed: string;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
};

/** Builds the site with its own command and serves it as a plain server of files does. */
export async function builtSite(): Promise<BuiltSite> {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-site-'));
  const script = [join(repository, 'node_modules/tsx/dist/cli.mjs'), 'scripts/site.ts', '--out', folder];
  const {NODE_ENV: _, VITEST: __, ...env} = process.env;
  const printed = execFileSync(process.execPath, script, {cwd: repository, env, encoding: 'utf8', stdio: 'pipe'});
  const server = createServer((request, response) => {
    const path = join(folder, posix.normalize(decodeURIComponent(new URL(request.url!, 'http://site').pathname)));
    const file = existsSync(path) && statSync(path).isDirectory() ? join(path, 'index.html') : path;
    if (!existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, {'content-type': types[extname(file)] ?? 'application/octet-stream'});
    response.end(readFileSync(file));
  });
  await new Promise<void>(ready => server.listen(0, '127.0.0.1', ready));
  return {
    folder,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    pages: readdirSync(folder, {recursive: true, encoding: 'utf8'}).filter(path => path.endsWith('.html')),
    printed,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(closed => server.close(closed));
      rmSync(folder, {recursive: true, force: true});
    },
  };
}
