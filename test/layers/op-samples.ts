import type {Tensor, Tensor1D, Tensor2D, Tensor3D, Tensor4D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';

/** An op of tfjs-core that people write in losses and layers of their own, at a point where it is smooth. */
export interface OpSample {
  readonly name: string;
  readonly shape: readonly number[];
  readonly op: (x: Tensor) => Tensor;
  /** Where the entries of x lie; between −1 and 1 by default. */
  readonly range?: readonly [number, number];
}

type Op = (x: Tensor) => Tensor;

/** Numbers that do not depend on x. */
const fixed = (seed: number, ...shape: number[]) => tf.randomNormal(shape, 0, 1, 'float32', seed);

const elementwise: Record<string, Op> = {
  sin: x => tf.sin(x),
  cos: x => tf.cos(x),
  tan: x => tf.tan(x),
  atan: x => tf.atan(x),
  sinh: x => tf.sinh(x),
  cosh: x => tf.cosh(x),
  asinh: x => tf.asinh(x),
  tanh: x => tf.tanh(x),
  sigmoid: x => tf.sigmoid(x),
  softplus: x => tf.softplus(x),
  erf: x => tf.erf(x),
  exp: x => tf.exp(x),
  expm1: x => tf.expm1(x),
  square: x => tf.square(x),
  elu: x => tf.elu(tf.add(x, 2)),
  selu: x => tf.selu(tf.sub(x, 2)),
  softmax: x => tf.softmax(x),
  logSoftmax: x => tf.logSoftmax(x),
};

const positive: Record<string, Op> = {
  log: x => tf.log(x),
  log1p: x => tf.log1p(x),
  sqrt: x => tf.sqrt(x),
  rsqrt: x => tf.rsqrt(x),
  reciprocal: x => tf.reciprocal(x),
  'pow by a number': x => tf.pow(x, 2.5),
  'pow by itself': x => tf.pow(x, x),
  acosh: x => tf.acosh(tf.add(x, 1)),
  asin: x => tf.asin(tf.div(x, 3)),
  acos: x => tf.acos(tf.div(x, 3)),
  atanh: x => tf.atanh(tf.div(x, 3)),
  atan2: x => tf.atan2(x, tf.reverse(x, 1)),
  'division of rows': x => tf.div(x, tf.sum(x, 1, true)),
  mod: x => tf.mod(tf.add(x, 4), tf.add(tf.mul(x, 0.05), 3)),
};

const matrix: Record<string, Op> = {
  squaredDifference: x => tf.squaredDifference(x, fixed(1, 3, 4)),
  'maximum with a function': x => tf.maximum(tf.mul(x, x), tf.add(x, 3)),
  minimum: x => tf.minimum(tf.mul(x, x), tf.add(x, 3)),
  where: x => tf.where(tf.greater(fixed(1, 3, 4), 0), tf.square(x), tf.exp(x)),
  clipByValue: x => tf.clipByValue(tf.mul(x, x), -1, 4),
  logSumExp: x => tf.logSumExp(x, 1),
  mean: x => tf.mean(tf.square(x), 0),
  moments: x => tf.moments(x, 1).variance,
  norm: x => tf.norm(x, 'euclidean', 1),
  max: x => tf.max(x, 1),
  min: x => tf.min(tf.mul(x, fixed(1, 3, 4)), 1),
  prod: x => tf.prod(x, 1),
  cumsum: x => tf.cumsum(x, 1, true),
  gather: x => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')),
  'gather by rows': x => tf.gather(x, tf.tensor2d([[1], [0], [3]], [3, 1], 'int32'), 1, 1),
  unsortedSegmentSum: x => tf.unsortedSegmentSum(x, tf.tensor1d([1, 0, 1], 'int32'), 2),
  transpose: x => tf.matMul(tf.transpose(x), x),
  'matMul, transposed on both sides': x => tf.matMul(x as Tensor2D, fixed(2, 5, 3) as Tensor2D, true, true),
  dot: x => tf.dot(x, fixed(2, 4, 2)),
  outerProduct: x => tf.outerProduct(tf.reshape(x, [12]) as Tensor1D, tf.reshape(x, [12]) as Tensor1D),
  'fused matMul': x =>
    tf.fused.matMul({a: x as Tensor2D, b: fixed(2, 4, 3) as Tensor2D, bias: fixed(3, 3), activation: 'sigmoid'}),
  concat: x => tf.concat([x, tf.exp(x)], 1),
  stack: x => tf.stack([x, tf.sin(x)], 1),
  unstack: x => tf.mul(tf.unstack(x, 1)[0]!, tf.unstack(x, 1)[2]!),
  split: x => tf.mul(...(tf.split(x, 2, 1) as [Tensor, Tensor])),
  slice: x => tf.slice(x, [1, 1], [2, 2]),
  pad: x => tf.pad(x, [[1, 0], [0, 2]], 3), // biome-ignore format: pairs
  mirrorPad: x => tf.mirrorPad(x, [[1, 0], [0, 2]], 'reflect'), // biome-ignore format: pairs
  tile: x => tf.tile(x, [2, 1]),
  broadcastTo: x => tf.broadcastTo(x, [2, 3, 4]),
  reverse: x => tf.mul(x, tf.reverse(x, 1)),
  squeeze: x => tf.squeeze(tf.expandDims(x, 1)),
  addN: x => tf.addN([x, tf.square(x), tf.exp(x)]),
  abs: x => tf.abs(tf.sub(x, 3)),
  prelu: x => tf.prelu(tf.sub(x, 3), tf.sigmoid(x)),
  leakyRelu: x => tf.leakyRelu(tf.sub(tf.square(x), 3), 0.3),
  relu6: x => tf.relu6(tf.add(tf.square(x), 1)),
  gramSchmidt: x => tf.linalg.gramSchmidt(x as Tensor2D) as Tensor,
};

const images: Record<string, Op> = {
  conv2d: x => tf.conv2d(x as Tensor4D, fixed(2, 2, 2, 2, 3) as Tensor4D, [1, 2], 'same'),
  'conv2d in its filter': x => tf.conv2d(fixed(2, 2, 4, 4, 4) as Tensor4D, x as Tensor4D, 1, 'valid'),
  'fused conv2d': x =>
    tf.fused.conv2d({
      x: x as Tensor4D,
      filter: fixed(2, 2, 2, 2, 3) as Tensor4D,
      strides: 1,
      pad: 'valid',
      bias: fixed(3, 3),
      activation: 'sigmoid',
    }),
  conv2dTranspose: x => tf.conv2dTranspose(x as Tensor4D, fixed(2, 2, 2, 3, 2) as Tensor4D, [2, 8, 8, 3], 2, 'same'),
  depthwiseConv2d: x => tf.depthwiseConv2d(x as Tensor4D, fixed(2, 2, 2, 2, 2) as Tensor4D, 1, 'valid'),
  separableConv2d: x =>
    tf.separableConv2d(x as Tensor4D, fixed(2, 2, 2, 2, 1) as Tensor4D, fixed(3, 1, 1, 2, 3) as Tensor4D, 1, 'valid'),
  avgPool: x => tf.avgPool(x as Tensor4D, 3, 1, 'valid'),
  batchNorm: x =>
    tf.batchNorm(
      x,
      fixed(2, 2) as Tensor1D,
      tf.exp(fixed(3, 2)) as Tensor1D,
      fixed(4, 2) as Tensor1D,
      fixed(5, 2) as Tensor1D,
    ),
  localResponseNormalization: x => tf.localResponseNormalization(x as Tensor4D, 1, 1, 0.7, 0.6),
  resizeBilinear: x => tf.image.resizeBilinear(x as Tensor4D, [6, 6]),
  spaceToBatchND: x => tf.spaceToBatchND(x, [2, 2], [[0, 0], [0, 0]]), // biome-ignore format: pairs
  batchToSpaceND: x => tf.batchToSpaceND(tf.tile(x, [2, 1, 1, 1]), [2, 2], [[1, 0], [0, 0]]), // biome-ignore format: pairs
};

const losses: Record<string, Op> = {
  absoluteDifference: x => tf.losses.absoluteDifference(fixed(1, 3, 4), tf.add(tf.square(x), 4)),
  cosineDistance: x => tf.losses.cosineDistance(fixed(1, 3, 4), tf.sin(x), 1),
  huberLoss: x => tf.losses.huberLoss(tf.zeros([3, 4]), tf.div(tf.sin(x), 2)),
  logLoss: x => tf.losses.logLoss(tf.sigmoid(fixed(1, 3, 4)), tf.sigmoid(x)),
  meanSquaredError: x => tf.losses.meanSquaredError(fixed(1, 3, 4), tf.sin(x)),
  'mean squared error with weights': x => tf.losses.meanSquaredError(fixed(1, 3, 4), tf.sin(x), tf.exp(fixed(2, 3, 1))),
  sigmoidCrossEntropy: x => tf.losses.sigmoidCrossEntropy(tf.sigmoid(fixed(1, 3, 4)), tf.add(x, 2)),
  softmaxCrossEntropy: x => tf.losses.softmaxCrossEntropy(tf.softmax(fixed(1, 3, 4)), x),
  'softmaxCrossEntropy, smoothed': x => tf.losses.softmaxCrossEntropy(tf.softmax(fixed(1, 3, 4)), x, undefined, 0.1),
};

/** A gradient of one's own, by an op that TensorFlow.js has none for: x xᵀ of each row. */
const ownGradient: Op = tf.customGrad((x, save) => {
  const rows = x as Tensor;
  (save as (tensors: Tensor[]) => void)([rows]);
  const gradFunc = (dy: Tensor, [saved]: Tensor[]) =>
    tf.add(tf.einsum('bij,bj->bi', dy, saved!), tf.einsum('bij,bi->bj', dy, saved!));
  return {value: tf.einsum('bi,bj->bij', rows, rows), gradFunc};
}) as Op;

const samples = (ops: Record<string, Op>, shape: readonly number[], range?: readonly [number, number]): OpSample[] =>
  Object.entries(ops).map(([name, op]) => ({name, shape, op, ...(range && {range})}));

export const opSamples: readonly OpSample[] = [
  ...samples(elementwise, [2, 3]),
  ...samples(positive, [2, 3], [0.6, 2]),
  ...samples(matrix, [3, 4]),
  ...samples(images, [2, 4, 4, 2]),
  ...samples(
    {conv3d: x => tf.conv3d(x as tf.Tensor5D, fixed(2, 2, 2, 2, 1, 2) as tf.Tensor5D, 1, 'same')},
    [1, 3, 3, 3, 1],
  ),
  ...samples({avgPool3d: x => tf.avgPool3d(x as tf.Tensor5D, 2, 1, 'valid')}, [1, 3, 3, 3, 2]),
  ...samples({conv1d: x => tf.conv1d(x as Tensor3D, fixed(2, 2, 3, 2) as Tensor3D, 1, 'same')}, [2, 5, 3]),
  ...samples({'batched matMul': x => tf.matMul(x, fixed(2, 2, 3, 2), false, false)}, [2, 4, 3]),
  ...samples(losses, [3, 4]),
  ...samples({'einsum with a gradient of one’s own': ownGradient}, [3, 4]),
];
