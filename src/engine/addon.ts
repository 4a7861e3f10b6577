import {mkdir, readFile, rm, writeFile} from 'node:fs/promises';
import {createRequire} from 'node:module';
import {basename, dirname, join} from 'node:path';
import {EngineSetupError} from '../errors.js';
import addon from './addon.json';
import {isOurs, publish, sha256} from './cache.js';
import {graphFunctionsSource} from './graph-functions-source.js';
import {heldFlags, heldSignalsSource} from './held-signals-source.js';
import type {Library} from './library/library.js';
import {run, tellingLine} from './machine/command.js';
import {findCompiler} from './machine/compiler.js';
import type {Machine} from './machine/machine.js';
import type {NativePackage} from './packages/native-package.js';

const addonFile = 'tfjs_binding.node';

/** The edition of what we add to the package's own addon. An addon of an earlier edition is built again. */
export const addonEdition: number = addon.edition;

/**
 * Silences the first log lines of libtensorflow 2.21, which it writes before it reads TF_CPP_MIN_LOG_LEVEL. On Linux the addon
 * that loads a library can override the library's functions. If a later Abseil renames this function, nothing calls ours.
 */
const logLevelSource = `
#include <cstdlib>
extern "C" int _ZN4absl12lts_2025081411MinLogLevelEv() {
  const char* level = std::getenv("TF_CPP_MIN_LOG_LEVEL");
  return level ? std::atoi(level) : 0;
}
`;

/** The addon's name in the cache, one for each package version, Node-API version, edition and library. */
function addonFolderName(pkg: NativePackage, library: Library): string {
  return `addon-${pkg.name.replace('@tensorflow/', '')}-${pkg.version}-napi-v${pkg.napi}-edition-${addonEdition}-${library.build.id}`;
}

/** Beside the addon: the SHA-256 with which it was built. */
const digestFile = `${addonFile}.sha256`;

/**
 * The addon in the cache; `null` if it is not there, is not the file that was built, or can have been written by another user:
 * it is code that this process will run.
 */
export async function cachedAddon(pkg: NativePackage, library: Library, machine: Machine): Promise<string | null> {
  const folder = join(machine.cache, addonFolderName(pkg, library));
  const [addon, digest] = [join(folder, addonFile), join(folder, digestFile)];
  try {
    for (const path of [folder, addon, digest]) if (!(await isOurs(path))) return null;
    return (await readFile(digest, 'utf8')) === (await sha256(addon)) ? addon : null;
  } catch {
    return null;
  }
}

/**
 * Compiles the package's addon into the cache.
 *
 * The compiler is called directly, without node-gyp. The addon uses only Node-API, whose headers are in
 * `node-api-headers`. So neither make nor a download of Node's headers is needed. On macOS this also sets the run path, which
 * the package's own build file does not, because it expects a library of another name.
 *
 * @throws EngineSetupError without a compiler, or with the compiler's first error.
 */
export async function buildAddon(pkg: NativePackage, library: Library, machine: Machine): Promise<string> {
  const compiler = await findCompiler(machine);
  const compile: Compile = async args => {
    const outcome = await run(compiler.command, [...compiler.args, ...args], {environment: machine.environment});
    if (outcome.code === 0) return;
    throw new EngineSetupError(
      `${compiler.version} could not build the addon of ${pkg.name} ${pkg.version}: ` +
        `${tellingLine(outcome.stderr, /error/).slice(0, 300)}. A compiler for C++17 with its standard library is needed ` +
        '(GCC 8, Clang 7 or newer); the environment variable CXX names another one.',
    );
  };
  const flags = ['-std=c++17', '-O3', '-fPIC', '-pthread', `-DNAPI_VERSION=${pkg.napi}`, '-DBUILDING_NODE_EXTENSION'];
  const binding = join(pkg.folder, 'binding');
  const includes = [nodeApiHeaders(), join(library.folder, 'include'), binding].flatMap(path => ['-I', path]);

  const folder = await publish(machine.cache, addonFolderName(pkg, library), async draft => {
    const work = join(draft, 'build');
    await mkdir(work);
    const write = async (name: string, source: string): Promise<string> => {
      await writeFile(join(work, name), source);
      return join(work, name);
    };
    const callers = [join(binding, 'tfjs_backend.cc'), await write('main.cc', graphFunctionsSource)];
    const others = [await write('held_signals.cc', heldSignalsSource)];
    if (machine.os === 'linux') others.push(await write('log_level.cc', logLevelSource));

    const object = (source: string): string => join(work, `${basename(source, '.cc')}.o`);
    const compileAll = (sources: readonly string[], more: readonly string[]) =>
      sources.map(source => compile([...flags, ...more, ...includes, '-c', source, '-o', object(source)]));
    await Promise.all([...compileAll(callers, heldFlags), ...compileAll(others, [])]);
    const objects = [...callers, ...others].map(object);
    const libraries = Object.keys(library.files).filter(path => path.startsWith('lib/'));
    const paths = libraries.map(path => join(library.folder, path));
    const link = machine.os === 'darwin' ? linkOnMacOS : linkOnLinux;
    await link(compile, objects, paths, join(draft, addonFile), work);
    await rm(work, {recursive: true});
    await writeFile(join(draft, digestFile), await sha256(join(draft, addonFile)));
  });
  return join(folder, addonFile);
}

type Compile = (args: readonly string[]) => Promise<void>;

/** Links object files to libraries in `deps/lib` of the package, two folders above the addon. */
type Link = (
  compile: Compile,
  objects: readonly string[],
  libraries: readonly string[],
  output: string,
  work: string,
) => Promise<void>;

const linkOnMacOS: Link = async (compile, objects, libraries, output) => {
  const rpath = '-Wl,-rpath,@loader_path/../../deps/lib';
  await compile(['-bundle', '-undefined', 'dynamic_lookup', rpath, '-o', output, ...objects, ...libraries]);
};

/**
 * Links to empty libraries of the same names. The linker needs only their names, and would read libtensorflow's symbols for six
 * seconds.
 */
const linkOnLinux: Link = async (compile, objects, libraries, output, work) => {
  const stubs = libraries.map(path => join(work, basename(path)));
  for (const stub of stubs) {
    await compile(['-shared', `-Wl,-soname,${basename(stub)}`, '-o', stub, '-x', 'c++', '/dev/null']);
  }
  const rpath = '-Wl,-rpath,$ORIGIN/../../deps/lib';
  await compile(['-shared', '-pthread', rpath, '-o', output, ...objects, '-Wl,--no-as-needed', ...stubs]);
};

function nodeApiHeaders(): string {
  const require = createRequire(import.meta.url);
  return join(dirname(require.resolve('node-api-headers/package.json')), 'include');
}
