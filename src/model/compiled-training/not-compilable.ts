import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {innerLayers, type Layer, layerParts, wrappedLayers} from '../../tfjs-internals/layers/layer.js';
import {compiledLoss, compiledMetrics, trainingModel} from '../../tfjs-internals/layers/model.js';

/**
 * The layer classes of TensorFlow.js, which run the same kernels on every batch of one shape. Those that draw random numbers
 * are noticed when they do.
 */
const LAYERS: ReadonlySet<string> = new Set(
  (
    'Activation Add AlphaDropout Average AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization Bidirectional ' +
    'CenterCrop Concatenate Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D ConvLSTM2DCell Cropping2D Dense DepthwiseConv2D Dot Dropout ELU ' +
    'Embedding Flatten Functional GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D GlobalAveragePooling2D GlobalMaxPooling1D ' +
    'GlobalMaxPooling2D InputLayer LSTM LSTMCell LayerNormalization LeakyReLU Masking MaxPooling1D MaxPooling2D MaxPooling3D ' +
    'Maximum Minimum Model Multiply PReLU Permute RNN ReLU RepeatVector Rescaling Reshape Resizing SeparableConv2D Sequential ' +
    'SimpleRNN SimpleRNNCell Softmax SpatialDropout1D StackedRNNCells ThresholdedReLU TimeDistributed UpSampling2D ZeroPadding2D'
  ).split(' '),
);

/** The activations, regularizers and constraints of TensorFlow.js, and the regularizer of this package. */
const PARTS: ReadonlySet<string> = new Set(
  (
    'elu selu relu relu6 linear sigmoid hardSigmoid softplus softsign tanh softmax logSoftmax gelu gelu_new mish swish L1L2 ' +
    'MaxNorm UnitNorm NonNeg MinMaxNorm HessianTraceRegularizer'
  ).split(' '),
);

/** What says of itself that it runs the same kernels on every batch of one shape: `static compilable = true`. */
interface MayBeCompilable {
  readonly compilable?: unknown;
}

function declaresItself(part: object): boolean {
  const {compilable} = part as MayBeCompilable;
  return (compilable ?? (part.constructor as MayBeCompilable).compilable) === true;
}

/** Why a model's training step may differ from one batch to the next, for a message; `null` where it does not. */
export function notCompilable(model: LayersModel): string | null {
  return (
    reasonOf(model.layers) ??
    reasonOfFunctions('loss', compiledLoss(model)) ??
    reasonOfFunctions('metric', compiledMetrics(model)) ??
    reasonOfOptimizer(trainingModel(model).optimizer_)
  );
}

function reasonOf(layers: readonly Layer[]): string | null {
  for (const layer of layers) {
    const inner = reasonOf(innerLayers(layer) ?? wrappedLayers(layer));
    if (inner !== null) return inner;
    const where = `layer "${layer.name}"`;
    if (declaresItself(layer)) continue;
    if (!LAYERS.has(layer.getClassName())) return `${where} is of your own class ${layer.constructor.name}`;
    if (Object.hasOwn(layer, 'call')) return `${where} has a call method of its own`;
    const part = layerParts(layer).find(each => !PARTS.has(each.getClassName()) && !declaresItself(each));
    if (part !== undefined) return `${where} has a part of your own class ${part.constructor.name}`;
  }
  return null;
}

function reasonOfFunctions(what: string, compiled: unknown): string | null {
  const all = typeof compiled === 'object' && compiled !== null ? Object.values(compiled).flat() : [compiled];
  const own = all.find(each => typeof each === 'function' && !declaresItself(each));
  return own === undefined
    ? null
    : `the ${what} ${(own as {name: string}).name || 'function'} is a function of your own`;
}

/** A compiled step calls `applyGradients` alone. */
function reasonOfOptimizer(optimizer: object): string | null {
  if (!(optimizer instanceof tf.Optimizer)) return 'the optimizer is no tf.Optimizer';
  const {minimize, computeGradients} = tf.Optimizer.prototype;
  if (optimizer.minimize === minimize && optimizer.computeGradients === computeGradients) return null;
  return `the optimizer ${optimizer.constructor.name} has a minimize method of its own`;
}
