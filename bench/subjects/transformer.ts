import type {SymbolicTensor} from '@tensorflow/tfjs-layers';
import {readMnist} from '../../examples/mnist/data.js';
import type {Subject} from './subject.js';
import {compiled, seeds} from './subject.js';

const [BATCH, WIDTH, HEADS, HIDDEN] = [32, 64, 4, 128];

/** An encoder block over MNIST's 49 patches of 4 × 4 pixels, its attention made of tfjs-layers' dot products. */
export const transformer: Subject = {
  name: 'transformer',
  title: `Transformer block: ${HEADS} heads, width ${WIDTH}, 49 tokens`,
  batchSize: BATCH,
  options: {heads: HEADS, hidden: HIDDEN},
  build(tf) {
    const seeded = seeds(tf);
    const dense = (x: SymbolicTensor, units: number, activation: 'relu' | 'softmax' | 'linear' = 'linear') =>
      tf.layers.dense({...seeded(), units, activation}).apply(x) as SymbolicTensor;
    const {layers} = tf;
    const normalize = (x: SymbolicTensor, y: SymbolicTensor) =>
      layers.layerNormalization().apply(layers.add().apply([x, y])) as SymbolicTensor;
    const attention = (x: SymbolicTensor) => {
      const [query, key, value] = [0, 1, 2].map(() => dense(x, WIDTH / HEADS)) as [
        SymbolicTensor,
        SymbolicTensor,
        SymbolicTensor,
      ];
      const scores = layers.dot({axes: 2}).apply([query, key]);
      const shares = layers.softmax({axis: -1}).apply(layers.rescaling({scale: (WIDTH / HEADS) ** -0.5}).apply(scores));
      return layers.dot({axes: [2, 1]}).apply([shares as SymbolicTensor, value]) as SymbolicTensor;
    };
    const input = tf.input({shape: [49, 16]});
    let x = dense(input, WIDTH);
    const heads = Array.from({length: HEADS}, () => attention(x));
    x = normalize(x, dense(layers.concatenate().apply(heads) as SymbolicTensor, WIDTH));
    x = normalize(x, dense(dense(x, HIDDEN, 'relu'), WIDTH));
    const pooled = layers.globalAveragePooling1d().apply(x) as SymbolicTensor;
    return compiled(tf, tf.model({inputs: input, outputs: dense(pooled, 10, 'softmax')}));
  },
  batch(tf) {
    const {x, y} = readMnist(tf, {training: BATCH, test: 1}).train;
    const patches = tf.tidy(() => x.reshape([BATCH, 7, 4, 7, 4]).transpose([0, 1, 3, 2, 4]).reshape([BATCH, 49, 16]));
    return {x: patches, y};
  },
};
