import {join, resolve} from 'node:path';
import {EngineSetupError} from '../errors.js';
import {buildAddon, cachedAddon} from './addon.js';
import {removeDeadDrafts} from './cache.js';
import {findCompiler} from './compiler.js';
import {cachedLibrary, fetchLibrary} from './library.js';
import {buildFor, type Flavour, libtensorflow, type Release} from './libtensorflow.js';
import {linkInto, readStamp, writeStamp} from './link.js';
import {withLock} from './lock.js';
import {type Machine, thisMachine} from './machine.js';
import {addNativePackage, findNativePackage, type NativePackage, type NativePackageName} from './native-package.js';
import {type Probe, probe} from './probe.js';
import {findPython} from './python.js';

export interface SetupOptions {
  /** The project that is to use the engine. Default: the working directory. */
  readonly directory?: string;
  /** Whether the library uses NVIDIA GPUs. Default `'auto'`: what is set up already, else whether there is a driver. */
  readonly cuda?: 'auto' | boolean;
  /** Default: the one that the project has, else `@tensorflow/tfjs-node-gpu`. */
  readonly package?: NativePackageName;
  /** Gets a line for each step. Default: standard output. */
  readonly say?: (line: string) => void;
  /** Whether pip draws progress bars on standard output. Default: whether that is a terminal. */
  readonly progress?: boolean;
}

/** What the set-up left in the project. */
export interface SetupResult {
  readonly package: NativePackageName;
  readonly version: string;
  readonly folder: string;
  /** Version of libtensorflow. */
  readonly library: string;
  /** Whether there was anything to do. */
  readonly changed: boolean;
}

/**
 * Makes TensorFlow.js' native engine work in a project: adds the package where it is missing, fetches libtensorflow, builds the
 * addon, and loads it once to see that it runs. The library and the addon are kept in a cache of the user's, so that a second
 * project takes a second. It may be interrupted, repeated and run by several processes at the same time.
 *
 * @throws EngineSetupError that says what was tried and what to do.
 */
export async function setup(
  options: SetupOptions = {},
  machine: Machine = thisMachine(),
  release: Release = libtensorflow,
): Promise<SetupResult> {
  const directory = resolve(options.directory ?? '.');
  const say = options.say ?? (line => console.log(line));
  const started = performance.now();

  const present = findNativePackage(directory, machine.napi, options.package && [options.package]);
  const ready = present && (await alreadyReady(present, options, machine, release));
  if (ready) {
    say(`${title(ready)} is ready.`);
    return ready;
  }

  const {flavour, because} = chooseFlavour(options.cuda ?? 'auto', machine);
  const build = buildFor(machine, flavour, release);
  say(`Setting up for ${flavour === 'cuda' ? 'NVIDIA GPUs (CUDA)' : 'the CPU'}: ${because}.`);

  const onWait = (owner: string): void => say(`Another set-up (${owner}) is at work; waiting for it …`);
  return withLock(join(machine.cache, 'lock'), onWait, async () => {
    await removeDeadDrafts(machine.cache);
    const found = await cachedLibrary(build, machine);
    // Whatever is missing is said before a download of minutes.
    const python = found ? null : await findPython(machine);
    if (!found || !present || !cachedAddon(present, found, machine)) await findCompiler(machine);

    const pkg = present ?? (await add(directory, options, machine, say));
    const library =
      found ?? (await fetchLibrary(build, machine, python!, say, options.progress ?? process.stdout.isTTY));

    let addon = cachedAddon(pkg, library, machine);
    let outcome: Probe | null = null;
    if (addon) {
      await linkInto(pkg, library, addon);
      outcome = await probe(pkg, machine);
    }
    // An addon of the cache may come from another system that shares the folder: it is built anew before we complain.
    if (!outcome?.works) {
      say(`Building the addon of ${pkg.name} …`);
      addon = await buildAddon(pkg, library, machine);
      await linkInto(pkg, library, addon);
      outcome = await probe(pkg, machine);
    }
    if (!outcome.works) {
      throw new EngineSetupError(
        `${pkg.name} was built in ${pkg.folder} but does not load: ${outcome.reason}. \`npx tfjs-hessian doctor\` shows more; ` +
          `delete ${machine.cache} to begin from nothing.`,
      );
    }
    await writeStamp(pkg, library);
    const result = resultOf(pkg, outcome.library, true);
    const seconds = Math.ceil((performance.now() - started) / 1000);
    say(`${title(result)} is ready: it computes on ${outcome.gpu ? 'the GPU' : 'the CPU'}. ${seconds} s.`);
    if (machine.nvidiaDriver && flavour === 'cuda' && !outcome.gpu) {
      say(
        `No GPU is used although there is an NVIDIA driver: ${outcome.gpuComplaint ?? 'libtensorflow does not say why'}.`,
      );
    }
    return result;
  });
}

async function add(
  directory: string,
  options: SetupOptions,
  machine: Machine,
  say: (line: string) => void,
): Promise<NativePackage> {
  const name = options.package ?? '@tensorflow/tfjs-node-gpu';
  say(`Adding ${name} to ${directory}, without its install script …`);
  const added = await addNativePackage(directory, name, machine);
  say(
    "From now on install this project's packages with --ignore-scripts (or `ignore-scripts=true` in its .npmrc): " +
      `the script of ${name} fails. Then run this set-up again.`,
  );
  return added;
}

/** A package that needs nothing done: stamped by an earlier set-up, or made to work by other means. */
async function alreadyReady(
  pkg: NativePackage,
  {cuda = 'auto'}: SetupOptions,
  machine: Machine,
  release: Release,
): Promise<SetupResult | null> {
  const stamp = readStamp(pkg);
  if (stamp) {
    const flavour = cuda === 'auto' ? stamp.flavour : cuda ? 'cuda' : 'cpu';
    const wanted = `libtensorflow-${release.version}-${machine.os}-${machine.arch}-${flavour}`;
    return stamp.id === wanted ? resultOf(pkg, stamp.version, false) : null;
  }
  if (cuda !== 'auto') return null;
  const outcome = await probe(pkg, machine);
  return outcome.works ? resultOf(pkg, outcome.library, false) : null;
}

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
