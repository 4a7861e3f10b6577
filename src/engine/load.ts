import {join} from 'node:path';
import util from 'node:util';
import type * as core from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';
import {custom, optional} from 'valibot';
import {flag, functionOrAsync} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {EngineSetupError} from '../errors.js';
import {nativeLibrary, prepareForNative, withoutBanner} from '../tfjs-internals/node/loading.js';
import {nativePackageNames} from './packages/native-package.js';
import {checkCopies, installed, locate, manifestOf, requireFrom} from './packages/packages.js';

/** The `@tensorflow/tfjs` namespace: core and layers, from any package. */
export type TensorFlow = typeof core & typeof layers;

/** `gpu` and `native`: libtensorflow on a GPU, on the CPU; `wasm`: WebAssembly; `cpu`: plain JavaScript. */
export type EngineName = 'gpu' | 'native' | 'wasm' | 'cpu';
/** Fastest first. */
export const engineNames: readonly EngineName[] = ['gpu', 'native', 'wasm', 'cpu'];

/** The engine that TensorFlow.js uses in this process. */
export interface Engine {
  /** The engine. */
  readonly name: EngineName;
  /** Its name in `tf.setBackend`. */
  readonly backend: 'tensorflow' | 'wasm' | 'cpu';
  /** The npm package that contains it. */
  readonly package: string;
  readonly version: string;
  /** The version of libtensorflow; `null` for engines that do not use it. */
  readonly library: string | null;
  /** The reason why it is not the preferred engine; `null` if it is. */
  readonly insteadOf: string | null;
}

/** Options of {@link loadTensorFlow}. */
export interface LoadOptions {
  /**
   * The engine to try first; the slower ones follow. Default: the fastest that loads. `gpu` is `native` with a warning if no
   * GPU is used.
   */
  readonly prefer?: EngineName;
  /** Gets the line that says that a slower engine is used, and why. Default: prints it to standard error. */
  readonly warn?: (line: string) => void;
  /**
   * Leaves TF32 on, which NVIDIA GPUs use by default: matrix products and convolutions then round their factors to 10 bits,
   * and a product with a Hessian is right to three digits instead of six. Without it, `NVIDIA_TF32_OVERRIDE=0` is set, unless
   * you have set this variable. Default false. Without effect on other engines, and once an engine has been loaded.
   */
  readonly tf32?: boolean;
  /**
   * On a GPU: uses the gradients of `fasterGradients()` that have the same bits as TensorFlow.js' own. TensorFlow.js' own copy
   * tensors of the size of the activations to the GPU in every step. Default true. Without effect on other engines.
   */
  readonly fasterGradients?: boolean;
}

const loadOptions = optionsOf<LoadOptions>('loadTensorFlow()')({
  prefer: optional(
    custom<EngineName>(
      value => (engineNames as readonly unknown[]).includes(value),
      ({input}) => `prefer: ${show(input)} is not an engine; choose one of ${engineNames.join(', ')}.`,
    ),
  ),
  warn: optional(functionOrAsync<(line: string) => void>('a function that takes a line')),
  tf32: optional(flag()),
  fasterGradients: optional(flag()),
});

/**
 * Loads TensorFlow.js for Node on the fastest engine that works: `@tensorflow/tfjs-node-gpu`, `@tensorflow/tfjs-node`,
 * WebAssembly, plain JavaScript.
 *
 * It looks for the packages in the project of the working directory, then beside this package. The native packages call two
 * functions that Node 23 removed; these are added again.
 *
 * @example
 * import {loadTensorFlow} from 'tfjs-hessian/node';
 * const {tf, engine} = await loadTensorFlow();
 * console.log(engine.name, tf.getBackend());
 *
 * @throws InvalidArgumentError for an engine or option that does not exist.
 * @throws EngineSetupError if TensorFlow.js is not installed, or twice.
 */
export async function loadTensorFlow(
  options?: LoadOptions,
): Promise<{readonly tf: TensorFlow; readonly engine: Engine}> {
  const {prefer, warn = line => console.error(line), tf32 = false, fasterGradients = true} = loadOptions(options);
  const wanted = prefer ?? 'native';
  const reasons: string[] = [];
  for (const load of loadersFrom(wanted)) {
    const loaded = await load(reasons, {tf32});
    if (!loaded) continue;
    if (loaded.engine.name === 'gpu' && fasterGradients) await replaceGradients();
    if (wanted === 'gpu' && loaded.engine.name === 'native') reasons.push('libtensorflow found no GPU');
    const insteadOf = reasons.length > 0 ? reasons.join('; ') : null;
    if (insteadOf) warn(fallbackLine(loaded.engine, insteadOf));
    return {tf: loaded.tf, engine: Object.freeze({...loaded.engine, insteadOf})};
  }
  throw new EngineSetupError(
    `TensorFlow.js cannot be loaded: ${reasons.join('; ')}. Run \`npx tfjs-hessian setup\` in your project, or ` +
      '`npm install @tensorflow/tfjs`.',
  );
}

interface Loaded {
  readonly tf: TensorFlow;
  readonly engine: Omit<Engine, 'insteadOf'>;
}

/** Loads an engine. If that fails, it adds the cause to `reasons` and returns `null`. */
type Loader = (reasons: string[], options: {readonly tf32: boolean}) => Promise<Loaded | null>;

function loadersFrom(wanted: EngineName): readonly Loader[] {
  const all: readonly Loader[] = [loadNative, loadWasm, loadPlain];
  return all.slice({gpu: 0, native: 0, wasm: 1, cpu: 2}[wanted]);
}

const loadNative: Loader = async (reasons, options) => {
  const failures: string[] = [];
  for (const {name, path} of installed(nativePackageNames)) {
    checkCopies(locate('@tensorflow/tfjs', path) ?? path);
    try {
      const tf = requireNative(path, options);
      await tf.setBackend('tensorflow');
      const {usesGpu, version: library} = nativeLibrary(tf.backend());
      const {version} = manifestOf(path);
      const engine = usesGpu ? 'gpu' : 'native';
      return {tf, engine: {name: engine, backend: 'tensorflow', package: name, version, library}};
    } catch (error) {
      failures.push(`${name} does not load (${firstLine(error)})`);
    }
  }
  reasons.push(...(failures.length > 0 ? failures : [`neither ${nativePackageNames.join(' nor ')} is installed`]));
  return null;
};

const loadWasm: Loader = async reasons => {
  for (const {name, path, home} of installed(['@tensorflow/tfjs-backend-wasm'])) {
    const tf = requireTensorFlow(home);
    if (!tf) continue;
    try {
      const wasm = requireFrom(path) as {setWasmPaths(folder: string): void};
      wasm.setWasmPaths(join(path, 'dist/'));
      if (!(await tf.setBackend('wasm'))) throw new Error('its backend did not start');
    } catch (error) {
      reasons.push(`${name} does not load (${firstLine(error)})`);
      return null;
    }
    const {version} = manifestOf(path);
    return {tf, engine: {name: 'wasm', backend: 'wasm', package: name, version, library: null}};
  }
  reasons.push('@tensorflow/tfjs-backend-wasm is not installed');
  return null;
};

const loadPlain: Loader = async reasons => {
  // @tensorflow/tfjs contains the backend too. A strict package manager may hide the backend's own package from us.
  for (const {name, path, home} of installed(['@tensorflow/tfjs-backend-cpu', '@tensorflow/tfjs'])) {
    const tf = requireTensorFlow(home);
    if (!tf) continue;
    requireFrom(path);
    await tf.setBackend('cpu');
    // Our own warning says the same.
    withoutBanner(tf.backend());
    const {version} = manifestOf(path);
    return {tf, engine: {name: 'cpu', backend: 'cpu', package: name, version, library: null}};
  }
  reasons.push('neither @tensorflow/tfjs nor @tensorflow/tfjs-backend-cpu, -core and -layers are installed');
  return null;
};

/** It imports TensorFlow.js, which must be loaded first, from the project. */
async function replaceGradients(): Promise<void> {
  const {replaceGradientsOnGpu} = await import('../autodiff/gradients/gradients-on-gpu.js');
  replaceGradientsOnGpu();
}

function requireNative(path: string, options: {readonly tf32: boolean}): TensorFlow {
  prepareForNative(util, options);
  return requireFrom(path) as TensorFlow;
}

/** `@tensorflow/tfjs` as seen from `home`, or core and layers, joined in the same way. */
function requireTensorFlow(home: string): TensorFlow | null {
  const union = locate('@tensorflow/tfjs', home);
  if (union) {
    checkCopies(union);
    return requireFrom(union) as TensorFlow;
  }
  const parts = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers'].map(name => locate(name, home));
  const [corePath, layersPath] = parts;
  if (!corePath || !layersPath) return null;
  checkCopies(home);
  return {...(requireFrom(corePath) as typeof core), ...(requireFrom(layersPath) as typeof layers)};
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return (message.split('\n')[0] ?? '').trim().slice(0, 200);
}

function fallbackLine(engine: Omit<Engine, 'insteadOf'>, reason: string): string {
  const what = {
    gpu: 'a GPU',
    native: "libtensorflow's CPU",
    wasm: 'WebAssembly, which is slow and cannot train convolutions',
    cpu: 'plain JavaScript, which is very slow',
  }[engine.name];
  const fix = engine.name === 'native' ? 'npx tfjs-hessian setup --cuda' : 'npx tfjs-hessian setup';
  return `tfjs-hessian: computing on ${what}, because ${reason}. To fix it, run \`${fix}\`.`;
}
