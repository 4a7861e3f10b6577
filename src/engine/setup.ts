import {join, resolve} from 'node:path';
import {optional} from 'valibot';
import {flag, functionOrAsync, oneOf, text, that} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {EngineSetupError} from '../errors.js';
import {addonEdition, buildAddon, cachedAddon} from './addon.js';
import {removeDeadDrafts} from './cache.js';
import {cachedLibrary, fetchLibrary, type Library} from './library/library.js';
import {linkInto, readStamp, writeStamp} from './library/link.js';
import {type Build, buildFor, buildId, type Flavour, libtensorflow, type Release} from './libtensorflow.js';
import {withLock} from './lock.js';
import {findCompiler} from './machine/compiler.js';
import {type Machine, thisMachine} from './machine/machine.js';
import {findPython} from './machine/python.js';
import {
  addNativePackage,
  findNativePackage,
  listedNativePackage,
  type NativePackage,
  type NativePackageName,
  nativePackageNames,
} from './packages/native-package.js';
import {type Probe, probe} from './probe.js';

/** Options of {@link setup}. */
export interface SetupOptions {
  /** The folder of the project that will use the engine. Default: the working directory. */
  readonly directory?: string;
  /** Whether the library uses NVIDIA GPUs. Default: `'auto'`, as it is already set up, else if there is a driver. */
  readonly cuda?: 'auto' | boolean;
  /** The native package. Default: the one in the project's package.json or node_modules, else `@tensorflow/tfjs-node-gpu`. */
  readonly package?: NativePackageName;
  /** Gets a line for each step. Default: prints it to standard output. */
  readonly say?: (line: string) => void;
  /** Whether pip draws progress bars on standard output. Default: whether that is a terminal. */
  readonly progress?: boolean;
}

const setupOptions = optionsOf<SetupOptions>('setup()')({
  directory: optional(text('the name of a folder')),
  cuda: optional(
    that<'auto' | boolean>(value => value === 'auto' || typeof value === 'boolean', "'auto', true or false"),
    'auto',
  ),
  package: optional(oneOf(nativePackageNames)),
  say: optional(functionOrAsync<(line: string) => void>('a function that takes a line')),
  progress: optional(flag()),
});

/** The result of the set-up. */
export interface SetupResult {
  readonly package: NativePackageName;
  readonly version: string;
  readonly folder: string;
  /** The version of libtensorflow. */
  readonly library: string;
  /** Whether the set-up changed something. */
  readonly changed: boolean;
}

/**
 * Sets up TensorFlow.js' native engine in a project.
 *
 * It adds the package if it is missing, downloads libtensorflow, builds the addon, and loads it once as a test. The library and
 * the addon are kept in a cache of the user, so a second project takes about a second. The set-up may be interrupted and
 * repeated, and several processes may run it at the same time.
 *
 * @throws EngineSetupError with what was tried and what to do.
 */
export function setup(options?: SetupOptions): Promise<SetupResult> {
  return setupOn(options, thisMachine(), libtensorflow);
}

/** {@link setup} on a machine, with a release of libtensorflow. */
export async function setupOn(
  options: SetupOptions | undefined,
  machine: Machine,
  release: Release,
): Promise<SetupResult> {
  const checked = setupOptions(options);
  const say = checked.say ?? (line => console.log(line));
  const ready = await whatIsReady(checked, machine, release);
  if (ready) {
    say(`${title(ready)} is ready.`);
    return ready;
  }
  const {flavour, because} = chooseFlavour(checked.cuda, machine);
  const build = buildFor(machine, flavour, release);
  say(`Setting up for ${flavour === 'cuda' ? 'NVIDIA GPUs (CUDA)' : 'the CPU'}: ${because}.`);

  let waited = false;
  const onWait = (owner: string): void => {
    waited = true;
    say(`Another set-up (${owner}) is at work; waiting for it …`);
  };
  try {
    return await withLock(join(machine.cache, 'lock'), onWait, async () => {
      const done = waited ? await whatIsReady(checked, machine, release) : null;
      if (done) say(`${title(done)} is ready.`);
      return done ?? (await install(checked, machine, build, say));
    });
  } catch (error) {
    throw explained(error, checked, machine);
  }
}

async function install(
  options: SetupOptions,
  machine: Machine,
  build: Build,
  say: (line: string) => void,
): Promise<SetupResult> {
  const started = performance.now();
  await removeDeadDrafts(machine.cache);
  const present = findPackage(options, machine);
  const found = await cachedLibrary(build, machine);
  // Missing things are reported before a download that takes minutes.
  const python = found ? null : await findPython(machine);
  if (!found || !present || !(await cachedAddon(present, found, machine))) await findCompiler(machine);

  const pkg = present ?? (await add(options, machine, say));
  const progress = options.progress ?? process.stdout.isTTY;
  const library = found ?? (await fetchLibrary(build, machine, python!, say, progress));
  const outcome = await installAddon(pkg, library, machine, say);
  await writeStamp(pkg, library, addonEdition);

  const result = resultOf(pkg, outcome.library, true);
  const seconds = Math.ceil((performance.now() - started) / 1000);
  say(`${title(result)} is ready: it computes on ${outcome.gpu ? 'the GPU' : 'the CPU'}. ${seconds} s.`);
  if (machine.nvidiaDriver && build.flavour === 'cuda' && !outcome.gpu) {
    say(`No GPU is used although there is a driver: ${outcome.gpuComplaint ?? 'libtensorflow does not say why'}.`);
  }
  return result;
}

/** Puts the library and an addon into the package and loads it. */
async function installAddon(
  pkg: NativePackage,
  library: Library,
  machine: Machine,
  say: (line: string) => void,
): Promise<Probe & {works: true}> {
  const cached = await cachedAddon(pkg, library, machine);
  if (cached) {
    await linkInto(pkg, library, cached);
    const outcome = await probe(pkg, machine);
    // An addon that does not load may come from another system that shares the cache: build it again before giving up.
    if (outcome.works) return outcome;
  }
  say(`Building the addon of ${pkg.name} …`);
  await linkInto(pkg, library, await buildAddon(pkg, library, machine));
  const outcome = await probe(pkg, machine);
  if (outcome.works) return outcome;
  throw new EngineSetupError(
    `${pkg.name} was built in ${pkg.folder} but does not load: ${outcome.reason}. Delete ${machine.cache} and run the set-up ` +
      'again to start from scratch; `npx tfjs-hessian doctor` shows what this computer has.',
  );
}

async function add(options: SetupOptions, machine: Machine, say: (line: string) => void): Promise<NativePackage> {
  const directory = resolve(options.directory ?? '.');
  const listed = listedNativePackage(directory);
  const name = options.package ?? listed ?? '@tensorflow/tfjs-node-gpu';
  const what = name === listed ? `Installing ${name}, which package.json lists` : `Adding ${name} to ${directory}`;
  say(`${what}, without its install script …`);
  return addNativePackage(directory, name, machine);
}

function findPackage(options: SetupOptions, machine: Machine): NativePackage | null {
  const directory = resolve(options.directory ?? '.');
  const name = options.package ?? listedNativePackage(directory);
  return findNativePackage(directory, machine.napi, name ? [name] : undefined);
}

/** The package if it already works: by an earlier set-up, or by other means. */
async function whatIsReady(options: SetupOptions, machine: Machine, release: Release): Promise<SetupResult | null> {
  const pkg = findPackage(options, machine);
  if (!pkg) return null;
  const {cuda = 'auto'} = options;
  const stamp = readStamp(pkg);
  if (stamp) {
    const flavour = cuda === 'auto' ? stamp.flavour : cuda ? 'cuda' : 'cpu';
    const isThis = stamp.id === buildId(machine, flavour, release) && stamp.edition === addonEdition;
    return isThis ? resultOf(pkg, stamp.version, false) : null;
  }
  if (cuda !== 'auto') return null;
  const outcome = await probe(pkg, machine);
  return outcome.works ? resultOf(pkg, outcome.library, false) : null;
}

/** An error for files that cannot be written. It names the folders that the user can choose. */
function explained(error: unknown, options: SetupOptions, machine: Machine): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (error instanceof EngineSetupError || !code || !refusals.includes(code)) return error;
  return new EngineSetupError(
    `The set-up could not write a file (${(error as Error).message}). It writes to the cache, ${machine.cache}, for which the ` +
      `environment variable TFJS_HESSIAN_CACHE names another place, and to node_modules in ${resolve(options.directory ?? '.')}. ` +
      'Make room there or get the permission to write.',
  );
}

const refusals = ['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT', 'ENOTDIR', 'EEXIST'];

function chooseFlavour(cuda: 'auto' | boolean, machine: Machine): {flavour: Flavour; because: string} {
  if (cuda === true) return {flavour: 'cuda', because: 'CUDA was asked for'};
  if (cuda === false) return {flavour: 'cpu', because: 'it was asked for'};
  if (!machine.nvidiaDriver)
    return {flavour: 'cpu', because: 'there is no NVIDIA driver (--cuda sets up for GPUs all the same)'};
  if (machine.arch !== 'x64') return {flavour: 'cpu', because: `libtensorflow has no CUDA for ${machine.arch}`};
  return {flavour: 'cuda', because: `NVIDIA driver ${machine.nvidiaDriver} is there (--cpu sets up without)`};
}

function resultOf(pkg: NativePackage, library: string, changed: boolean): SetupResult {
  return {package: pkg.name, version: pkg.version, folder: pkg.folder, library, changed};
}

function title(result: SetupResult): string {
  return `${result.package} ${result.version} on libtensorflow ${result.library}`;
}
