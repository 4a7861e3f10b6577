import {execFileSync} from 'node:child_process';
import {cpSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {dirname, join} from 'node:path';
import {packageFolder, repository} from '../engine/run-source.js';

/**
 * The package, packed as it would be published and installed into an empty folder, with its dependencies.
 *
 * @param peers packages that a reader has installed beside it; they stand there as links.
 */
export function installPacked(peers: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'tfjs-hessian-installed-'));
  const source = join(folder, 'source');
  // A build of its own, since others may be working with the repository's.
  run(repository, 'npx', ['tsdown', '--logLevel', 'warn', '--out-dir', join(source, 'dist')]);
  for (const file of ['package.json', 'README.md', 'LICENSE']) cpSync(join(repository, file), join(source, file));
  run(source, 'npm', ['pack', '--silent', '--pack-destination', folder]);
  const tarball = readdirSync(folder).find(name => name.endsWith('.tgz'))!;
  writeFileSync(join(folder, 'package.json'), '{"name": "app", "private": true, "type": "module"}\n');
  const quietly = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--legacy-peer-deps'];
  run(folder, 'npm', ['install', ...quietly, join(folder, tarball)]);
  for (const peer of peers) {
    const link = join(folder, 'node_modules', peer);
    mkdirSync(dirname(link), {recursive: true});
    symlinkSync(packageFolder(peer), link, 'junction');
  }
  return folder;
}

/** The bytes of a folder's files, without what links lead to. */
export function sizeOf(path: string): number {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.isSymbolicLink() ? 0 : stats.size;
  return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
}

function run(cwd: string, command: string, args: readonly string[]): void {
  execFileSync(command, args, {cwd, stdio: 'pipe', shell: process.platform === 'win32'});
}
