import {existsSync} from 'node:fs';
import {rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {EngineSetupError} from '../errors.js';
import {publish} from './cache.js';
import {run, tellingLine} from './command.js';
import {findCompiler} from './compiler.js';
import type {Library} from './library.js';
import type {Machine} from './machine.js';
import type {NativePackage} from './native-package.js';

const packageSources = ['tfjs_backend.cc', 'tfjs_binding.cc'];

/**
 * libtensorflow 2.21 writes its first lines before it has read TF_CPP_MIN_LOG_LEVEL. On Linux a library's calls to itself can be
 * answered by the addon that loads it; where a later Abseil has another name for this function, nothing calls it.
 */
const logLevelSource = `
#include <cstdlib>
extern "C" int _ZN4absl12lts_2025081411MinLogLevelEv() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level ? std::atoi(level) : 0;
}
`;

/** Where the cache keeps the addon: one for each package version, Node-API version and library. */
export function addonFolderName(pkg: NativePackage, library: Library): string {
  return `addon-${pkg.name.replace('@tensorflow/', '')}-${pkg.version}-napi-v${pkg.napi}-${library.build.id}`;
}

/** The addon if the cache holds it. */
export function cachedAddon(pkg: NativePackage, library: Library, machine: Machine): string | null {
  const path = join(machine.cache, addonFolderName(pkg, library), 'tfjs_binding.node');
  return existsSync(path) ? path : null;
}

/**
 * Compiles the package's addon into the cache.
 *
 * The compiler is called directly rather than through node-gyp: the addon is two files that use Node-API alone, whose headers
 * `node-api-headers` holds. So neither make nor a download of Node's headers is needed, and macOS gets the run path that
 * the package's own recipe, written for a library of another name, does not give it.
 *
 * @throws EngineSetupError without a compiler, or with the compiler's first error.
 */
export async function buildAddon(pkg: NativePackage, library: Library, machine: Machine): Promise<string> {
  const compiler = await findCompiler(machine);
  const common = ['-std=c++17', '-O3', '-fPIC', '-pthread', `-DNAPI_VERSION=${pkg.napi}`, '-DBUILDING_NODE_EXTENSION'];
  const includes = [nodeApiHeaders(), join(library.folder, 'include')].flatMap(folder => ['-I', folder]);
  const libraries = Object.keys(library.files).filter(path => path.startsWith('lib/'));

  const compile = async (args: readonly string[]): Promise<void> => {
    const outcome = await run(compiler.command, [...compiler.args, ...args], {environment: machine.environment});
    if (outcome.code === 0) return;
    const reason = tellingLine(outcome.stderr, /error/).slice(0, 300);
    throw new EngineSetupError(
      `${compiler.version} could not build the addon of ${pkg.name} ${pkg.version}: ${reason}. A compiler for C++17 with its ` +
        'standard library is needed (GCC 8, Clang 7 or newer); the environment variable CXX names another one.',
    );
  };
  const folder = await publish(machine.cache, addonFolderName(pkg, library), async draft => {
    const logLevel = join(draft, 'log_level.cc');
    await writeFile(logLevel, logLevelSource);
    const sources = packageSources.map(name => join(pkg.folder, 'binding', name));
    if (machine.os === 'linux') sources.push(logLevel);
    const objects = sources.map(source => join(draft, `${basename(source, '.cc')}.o`));
    await Promise.all(sources.map((source, i) => compile([...common, ...includes, '-c', source, '-o', objects[i]!])));
    await compile([
      ...linkFlags(machine),
      '-o',
      join(draft, 'tfjs_binding.node'),
      ...objects,
      ...libraries.map(path => join(library.folder, path)),
    ]);
    for (const intermediate of [logLevel, ...objects]) await rm(intermediate, {force: true});
  });
  return join(folder, 'tfjs_binding.node');
}

function linkFlags(machine: Machine): readonly string[] {
  return machine.os === 'darwin'
    ? ['-bundle', '-undefined', 'dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
    : ['-shared', '-pthread', '-Wl,-rpath,$ORIGIN/../../deps/lib'];
}

function nodeApiHeaders(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
}
