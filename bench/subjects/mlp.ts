import {readMnist} from '../../examples/mnist/data.js';
import type {Subject} from './subject.js';
import {compiled, seeds} from './subject.js';

/** Three large layers on MNIST, limited by arithmetic. */
export const mlp: Subject = {
  name: 'mlp',
  title: 'MLP: 3 × dense 1024, dense 10',
  batchSize: 256,
  build(tf) {
    const seeded = seeds(tf);
    const layers = [1024, 1024, 1024].map((units, i) =>
      tf.layers.dense({
        ...seeded(),
        units,
        activation: 'relu',
        name: `dense_${i + 1}`,
        ...(i === 0 && {inputShape: [784]}),
      }),
    );
    return compiled(
      tf,
      tf.sequential({
        layers: [...layers, tf.layers.dense({...seeded(), units: 10, activation: 'softmax', name: 'logits'})],
      }),
    );
  },
  batch(tf) {
    const {x, y} = readMnist(tf, {training: 256, test: 1}).train;
    return {x: x.reshape([256, 784]), y};
  },
};
