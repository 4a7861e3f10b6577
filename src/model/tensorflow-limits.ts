import type {LayersModel} from '@tensorflow/tfjs-layers';
import {failedKernel} from '../autodiff/recording/failed-kernel.js';
import {InvalidArgumentError, TfjsHessianError, UnsupportedKernelError, UnsupportedLayerError} from '../errors.js';
import type {Layer} from '../tfjs-internals/layers/layer.js';
import {innerLayers, normalizationInternals, wrappedLayers} from '../tfjs-internals/layers/layer.js';
import {lastingModel} from './lasting-model.js';

/** A layer and its path in the model. */
export interface NamedLayer {
  readonly name: string;
  readonly className: string;
}

/** A layer that TensorFlow.js 4.22 cannot train with its configuration. */
export interface UntrainableLayer extends NamedLayer {
  /** The part of the configuration that is the reason. */
  readonly reason: string;
  readonly wayOut: string;
}

/**
 * Turns an error of TensorFlow.js that cannot run or differentiate a model into one of this package.
 *
 * The new error says that this is a limit of TensorFlow.js, names the layer or kernel, and gives a way out. Other errors are
 * returned as they are.
 *
 * @param failed the layer that was running.
 */
export function explained(error: unknown, model: LayersModel, failed: NamedLayer | null): unknown {
  if (!(error instanceof Error) || error instanceof TfjsHessianError) return error;
  return (
    kernelLimit(error, failed?.name ?? null) ??
    untrainable(error, model, failed) ??
    layerLimit(error, failed) ??
    noDependence(error) ??
    error
  );
}

/** Runs a function that the user wrote. Errors of TensorFlow.js about its kernels become errors of this package. */
export function explaining<T>(body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TfjsHessianError) throw error;
    throw kernelLimit(error) ?? noDependence(error) ?? error;
  }
}

/** The error for a kernel that an engine does not have, or that has no gradient. */
function kernelLimit(error: Error, layer: string | null = null): UnsupportedKernelError | null {
  const {message} = error;
  const call = failedKernel(error);
  const named = layer ?? call?.layer ?? null;
  const where = named === null ? '' : ` (layer "${named}")`;
  const [, lacking, engine] = /Kernel '(\w+)' not registered for backend '([\w-]+)'/.exec(message) ?? [];
  if (lacking !== undefined) {
    return new UnsupportedKernelError(
      `TensorFlow.js' engine "${engine}" has no kernel "${lacking}"${where}. Use another engine, such as ` +
        `tf.setBackend('${engine === 'cpu' ? 'webgl' : 'cpu'}') or the native one (tfjs-hessian/node), or leave the layer out.`,
      lacking,
      named,
      {cause: error},
    );
  }
  const [, missing] = /gradient function not found for (\w+)/.exec(message) ?? [];
  if (missing === undefined && !/not yet supported( in gradients)?\. Got dilations/.test(message)) return null;
  return new UnsupportedKernelError(
    `TensorFlow.js itself cannot train this${where}: ${sentence(error)}. Its gradient is where the Hessian begins.`,
    missing ?? call?.kernel ?? 'Conv2D',
    named,
    {cause: error},
  );
}

/** The error for a layer that TensorFlow.js is known not to train. */
function untrainable(error: Error, model: LayersModel, failed: NamedLayer | null): UnsupportedLayerError | null {
  const known = untrainableLayers(model);
  const culprit = failed === null ? known[0] : known.find(({name}) => name === failed.name);
  if (culprit === undefined) return null;
  const {name, className, reason, wayOut} = culprit;
  return new UnsupportedLayerError(
    `TensorFlow.js itself cannot train layer "${name}" (${className}): ${reason}. It says: ${sentence(error)}. ${wayOut}`,
    name,
    {cause: error},
  );
}

/** The error that a layer itself throws. A kernel that failed, as on a lost device, is not a limit of the layer. */
function layerLimit(error: Error, failed: NamedLayer | null): UnsupportedLayerError | null {
  if (failed === null || failedKernel(error) !== null) return null;
  const {name, className} = failed;
  return new UnsupportedLayerError(
    `TensorFlow.js cannot run layer "${name}" (${className}) on this batch: ${sentence(error)}. ` +
      'It would not train either; see whether model.trainOnBatch(x, y) does.',
    name,
    {cause: error},
  );
}

function noDependence(error: Error): InvalidArgumentError | null {
  if (!/^Cannot (find a connection|compute gradient of y=f\(x\))/.test(error.message)) return null;
  return new InvalidArgumentError(
    'The loss depends on none of the variables, or is not differentiable in any of the variables; look for a cast to integers.',
    {cause: error},
  );
}

/** The message on one line and without its full stop, to be part of a sentence. */
function sentence({message}: Error): string {
  const line = message.replace(/\s+/g, ' ').trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line.replace(/\.$/, '');
}

/** The layers of a model that TensorFlow.js is known not to train. */
export function untrainableLayers(model: LayersModel): UntrainableLayer[] {
  const found: UntrainableLayer[] = [];
  const visit = (layer: Layer, path: string) => {
    const name = path + layer.name;
    for (const inner of innerLayers(layer) ?? []) visit(inner, `${name}/`);
    for (const wrapped of wrappedLayers(layer)) visit(wrapped, `${name}/`);
    const limit = limitOf(layer);
    if (limit !== null) found.push({name, className: layer.getClassName(), ...limit});
  };
  for (const layer of lastingModel(model).layers) visit(layer, '');
  return found;
}

function limitOf(layer: Layer): Pick<UntrainableLayer, 'reason' | 'wayOut'> | null {
  const className = layer.getClassName();
  if (className !== 'BatchNormalization' && className !== 'LayerNormalization') return null;
  const {axis, scale, center} = normalizationInternals(layer);
  if (!scale || !center) {
    const [option, value] = scale ? ['center', 'a beta of zeros'] : ['scale', 'a gamma of ones'];
    return {
      reason: `it is configured with ${option}: false, and its gradient reads the missing weight`,
      wayOut: `With ${option}: true and ${value} it computes the same.`,
    };
  }
  const rank = layer.inputSpec?.[0]?.ndim;
  if (className === 'LayerNormalization' || axis === -1 || rank === undefined || axis === rank - 1) return null;
  return {
    reason: `it normalizes over axis ${String(axis)}, and TensorFlow.js has the gradient only for the last axis`,
    wayOut: 'Put a permute layer before and after it, so that the axis is the last one.',
  };
}
