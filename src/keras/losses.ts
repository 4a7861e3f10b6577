import * as tf from '@tensorflow/tfjs-core';

/** The loss of each sample (and step), from targets and predictions. */
export type LossFunction = (yTrue: tf.Tensor, yPred: tf.Tensor) => tf.Tensor;

/** The settings that change the values of a loss. */
export interface LossSettings {
  readonly fromLogits: boolean;
  readonly labelSmoothing: number;
  /** The δ of the Huber loss. */
  readonly delta: number;
}

export const defaultSettings: LossSettings = {fromLogits: false, labelSmoothing: 0, delta: 1};

/** The ε of Keras and of tfjs-layers. */
const EPSILON = 1e-7;

type Loss = (y: tf.Tensor, p: tf.Tensor, settings: LossSettings) => tf.Tensor;

const clip = (p: tf.Tensor, high = 1 - EPSILON) => tf.clipByValue(p, EPSILON, high);
const meanOf =
  (error: (y: tf.Tensor, p: tf.Tensor) => tf.Tensor): Loss =>
  (y, p) =>
    tf.mean(error(y, p), -1);
const unit = (x: tf.Tensor) => tf.div(x, tf.sqrt(tf.maximum(tf.sum(tf.square(x), -1, true), EPSILON)));

function smoothed(y: tf.Tensor, to: number, {labelSmoothing}: LossSettings): tf.Tensor {
  return labelSmoothing === 0 ? y : tf.add(tf.mul(y, 1 - labelSmoothing), labelSmoothing * to);
}

const categoricalCrossentropy: Loss = (y, p, settings) => {
  const target = smoothed(y, 1 / p.shape.at(-1)!, settings);
  const log = settings.fromLogits ? tf.logSoftmax(p) : tf.log(clip(tf.div(p, tf.sum(p, -1, true))));
  return tf.neg(tf.sum(tf.mul(target, log), -1));
};

const sparseCategoricalCrossentropy: Loss = (y, p, settings) => {
  const classes = p.shape.at(-1)!;
  const labels = tf.cast(tf.floor(tf.reshape(y, [-1])), 'int32') as tf.Tensor1D;
  return categoricalCrossentropy(tf.reshape(tf.oneHot(labels, classes), p.shape), p, settings);
};

const binaryCrossentropy: Loss = (y, p, settings) => {
  const target = smoothed(y, 0.5, settings);
  const probability = clip(p);
  const logits = settings.fromLogits ? p : tf.log(tf.div(probability, tf.sub(1, probability)));
  // −y log σ(z) − (1 − y) log(1 − σ(z)) = softplus(z) − y z
  return tf.mean(tf.sub(tf.softplus(logits), tf.mul(target, logits)), -1);
};

/** Maps labels 0 and 1 to −1 and 1, as Keras does. */
function signs(y: tf.Tensor): tf.Tensor {
  const isBinary = tf.all(tf.logicalOr(tf.equal(y, 0), tf.equal(y, 1)));
  return tf.where(tf.broadcastTo(isBinary, y.shape), tf.sub(tf.mul(y, 2), 1), y);
}

const margin = (y: tf.Tensor, p: tf.Tensor) => tf.relu(tf.sub(1, tf.mul(signs(y), p)));

const huber: Loss = (y, p, {delta}) => {
  const error = tf.abs(tf.sub(p, y));
  // e² / 2 up to δ, and δ e − δ² / 2 from there on: with q = min(e, δ), q (e − q / 2).
  const capped = tf.minimum(error, delta);
  return tf.mean(tf.mul(capped, tf.sub(error, tf.div(capped, 2))), -1);
};

const losses: Readonly<Record<string, Loss>> = {
  mean_squared_error: meanOf((y, p) => tf.square(tf.sub(p, y))),
  mean_absolute_error: meanOf((y, p) => tf.abs(tf.sub(p, y))),
  mean_absolute_percentage_error: meanOf((y, p) =>
    tf.mul(tf.abs(tf.div(tf.sub(y, p), tf.maximum(tf.abs(y), EPSILON))), 100),
  ),
  mean_squared_logarithmic_error: meanOf((y, p) => {
    const log = (x: tf.Tensor) => tf.log1p(tf.maximum(x, EPSILON));
    return tf.square(tf.sub(log(p), log(y)));
  }),
  categorical_crossentropy: categoricalCrossentropy,
  sparse_categorical_crossentropy: sparseCategoricalCrossentropy,
  binary_crossentropy: binaryCrossentropy,
  hinge: meanOf(margin),
  squared_hinge: meanOf((y, p) => tf.square(margin(y, p))),
  categorical_hinge: (y, p) => {
    const right = tf.sum(tf.mul(y, p), -1);
    const wrong = tf.max(tf.mul(tf.sub(1, y), p), -1);
    return tf.relu(tf.add(tf.sub(wrong, right), 1));
  },
  kl_divergence: (y, p) => tf.sum(tf.mul(clip(y, 1), tf.log(tf.div(clip(y, 1), clip(p, 1)))), -1),
  // log cosh e = e + softplus(−2 e) − log 2
  log_cosh: meanOf((y, p) => {
    const error = tf.sub(p, y);
    return tf.sub(tf.add(error, tf.softplus(tf.mul(error, -2))), Math.LN2);
  }),
  poisson: meanOf((y, p) => tf.sub(p, tf.mul(y, tf.log(tf.add(p, EPSILON))))),
  cosine_similarity: (y, p) => tf.neg(tf.sum(tf.mul(unit(y), unit(p)), -1)),
  huber,
};

const abbreviations: Readonly<Record<string, string>> = {
  mse: 'mean_squared_error',
  mae: 'mean_absolute_error',
  mape: 'mean_absolute_percentage_error',
  msle: 'mean_squared_logarithmic_error',
  bce: 'binary_crossentropy',
  kld: 'kl_divergence',
  kullback_leibler_divergence: 'kl_divergence',
  logcosh: 'log_cosh',
  cosine: 'cosine_similarity',
  cosine_proximity: 'cosine_similarity',
  huber_loss: 'huber',
};

/** The names in tfjs-layers of losses that are the same there. Hinge losses are not: Keras maps labels 0 and 1 to signs. */
const namesHere: Readonly<Record<string, string>> = {
  mean_squared_error: 'meanSquaredError',
  mean_absolute_error: 'meanAbsoluteError',
  mean_absolute_percentage_error: 'meanAbsolutePercentageError',
  mean_squared_logarithmic_error: 'meanSquaredLogarithmicError',
  categorical_crossentropy: 'categoricalCrossentropy',
  sparse_categorical_crossentropy: 'sparseCategoricalCrossentropy',
  binary_crossentropy: 'binaryCrossentropy',
  categorical_hinge: 'categoricalHinge',
  log_cosh: 'logcosh',
  poisson: 'poisson',
};

/** The full name of a Keras loss, from `mse`, `mean_squared_error`, `MeanSquaredError` or `meanSquaredError`; `null` for another loss. */
export function lossName(name: string): string | null {
  const plain = name
    .slice(name.lastIndexOf('>') + 1)
    .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
    .replace(/^KLD(?=[a-z])/, 'KL_D')
    .toLowerCase();
  const full = abbreviations[plain] ?? plain;
  return losses[full] === undefined ? null : full;
}

/** The function of a loss that `lossName` has returned. */
export function lossFunction(name: string, settings: LossSettings): LossFunction {
  const loss = losses[name]!;
  return (y, p) => tf.tidy(() => loss(y, p, settings));
}

/** The activation before a loss that Keras computes from logits; `null` for another loss. */
export function activationBefore(name: string): 'softmax' | 'sigmoid' | null {
  if (name === 'binary_crossentropy') return 'sigmoid';
  return name === 'categorical_crossentropy' || name === 'sparse_categorical_crossentropy' ? 'softmax' : null;
}

/** The name of a loss that tfjs-layers computes as Keras does; `null` for another loss. */
export function nameHere(name: string, {fromLogits, labelSmoothing}: LossSettings): string | null {
  return fromLogits || labelSmoothing !== 0 ? null : (namesHere[name] ?? null);
}

export const hasSparseTargets = (name: string): boolean => name === 'sparse_categorical_crossentropy';
