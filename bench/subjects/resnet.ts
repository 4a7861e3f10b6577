import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Subject} from './subject.js';
import {compiled, seeds} from './subject.js';

const BATCH = 16;

/** He et al.'s ResNet-20 for 32 × 32 images, with projections where the size changes; on noise. */
export const resnet: Subject = {
  name: 'resnet',
  title: 'ResNet-20 with batch norm, 32 × 32',
  batchSize: BATCH,
  build(tf) {
    const input = tf.input({shape: [32, 32, 3]});
    const convNorm = convNorms(tf);
    const relu = (x: SymbolicTensor) => tf.layers.activation({activation: 'relu'}).apply(x) as SymbolicTensor;
    let x = relu(convNorm(input, 16));
    for (const filters of [16, 32, 64]) {
      for (let i = 0; i < 3; i++) {
        const strides = i === 0 && filters > 16 ? 2 : 1;
        const y = convNorm(relu(convNorm(x, filters, {strides})), filters);
        const shortcut = strides === 2 ? convNorm(x, filters, {strides, kernelSize: 1}) : x;
        x = relu(tf.layers.add().apply([y, shortcut]) as SymbolicTensor);
      }
    }
    const pooled = tf.layers.globalAveragePooling2d({}).apply(x) as SymbolicTensor;
    const outputs = tf.layers
      .dense({units: 10, activation: 'softmax', kernelInitializer: tf.initializers.heNormal({seed: 99})})
      .apply(pooled) as SymbolicTensor;
    return compiled(tf, tf.model({inputs: input, outputs}));
  },
  batch(tf) {
    const labels = tf.range(0, BATCH, 1, 'int32').mod(tf.scalar(10, 'int32')).toInt();
    return {x: tf.randomNormal([BATCH, 32, 32, 3], 0, 1, 'float32', 1), y: tf.oneHot(labels, 10).toFloat()};
  },
};

function convNorms(tf: TensorFlow) {
  const seeded = seeds(tf);
  return (x: SymbolicTensor, filters: number, {strides = 1, kernelSize = 3} = {}) => {
    const conv = tf.layers.conv2d({...seeded(), filters, kernelSize, strides, padding: 'same', useBias: false});
    return tf.layers.batchNormalization({}).apply(conv.apply(x)) as SymbolicTensor;
  };
}
