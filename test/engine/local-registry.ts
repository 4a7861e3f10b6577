import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:http';
import type {AddressInfo} from 'node:net';
import {dirname, join} from 'node:path';
import {packageFolder} from './run-source.js';

export interface LocalRegistry {
  readonly url: string;
  readonly close: () => Promise<void>;
}

/** A copy of the native package as it comes out of its archive: without a library, without an addon. */
export function copyNativePackage(target: string, name: string): void {
  const source = packageFolder('@tensorflow/tfjs-node-gpu');
  const built = ['deps', 'lib', 'build', 'build-tmp-napi-v8'].map(folder => join(source, folder));
  mkdirSync(target, {recursive: true});
  cpSync(source, target, {recursive: true, filter: path => !built.includes(path)});
  const manifest = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8')) as Record<string, unknown>;
  // What it depends on is found in this repository's node_modules, above the projects of the tests.
  writeFileSync(join(target, 'package.json'), JSON.stringify({...manifest, name, dependencies: {}}, null, 2));
}

/**
 * A package registry on this computer that holds `@tensorflow/tfjs-node` and nothing else, so that npm itself can be run without
 * a network. The package is `@tensorflow/tfjs-node-gpu` under its other name; it has the same sources.
 */
export async function startRegistry(folder: string): Promise<LocalRegistry> {
  const name = '@tensorflow/tfjs-node';
  copyNativePackage(join(folder, 'package'), name);
  const pack = ['pack', './package', '--json', '--ignore-scripts', '--pack-destination', folder];
  const packed = JSON.parse(execFileSync('npm', pack, {cwd: folder, encoding: 'utf8'})) as {filename: string}[];
  const archive = readFileSync(join(folder, packed[0]!.filename));
  const manifest = JSON.parse(readFileSync(join(folder, 'package/package.json'), 'utf8')) as {version: string};

  const server = createServer((request, response) => {
    if (request.url?.endsWith('.tgz')) return response.end(archive);
    if (!decodeURIComponent(request.url ?? '').startsWith(`/${name}`)) return response.writeHead(404).end('{}');
    const tarball = `${url()}/package.tgz`;
    const integrity = `sha512-${createHash('sha512').update(archive).digest('base64')}`;
    const version = {...manifest, dist: {tarball, integrity}, hasInstallScript: true};
    return response.end(
      JSON.stringify({name, 'dist-tags': {latest: manifest.version}, versions: {[manifest.version]: version}}),
    );
  });
  const url = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {url: url(), close: () => new Promise(resolve => server.close(() => resolve()))};
}

/** Links what the native package depends on into a project outside this repository. */
export function linkDependencies(project: string): void {
  const {dependencies} = JSON.parse(
    readFileSync(join(packageFolder('@tensorflow/tfjs-node-gpu'), 'package.json'), 'utf8'),
  ) as {dependencies: Record<string, string>};
  for (const name of Object.keys(dependencies)) {
    const target = join(project, 'node_modules', name);
    mkdirSync(dirname(target), {recursive: true});
    symlinkSync(packageFolder(name), target);
  }
}
