import {readMnist} from '../../examples/mnist/data.js';
import type {Subject} from './subject.js';
import {compiled, seeds} from './subject.js';

const [BATCH, STEPS, UNITS] = [64, 32, 128];

/** Reads MNIST's images row by row, each with two empty rows above and below. */
export const lstm: Subject = {
  name: 'lstm',
  title: `LSTM: ${UNITS} units, ${STEPS} steps`,
  batchSize: BATCH,
  build(tf) {
    const seeded = seeds(tf);
    const recurrentInitializer = tf.initializers.randomNormal({stddev: UNITS ** -0.5, seed: 98});
    return compiled(
      tf,
      tf.sequential({
        layers: [
          tf.layers.lstm({
            ...seeded(),
            units: UNITS,
            recurrentInitializer,
            recurrentActivation: 'sigmoid',
            inputShape: [STEPS, 28],
          }),
          tf.layers.dense({...seeded(), units: 10, activation: 'softmax'}),
        ],
      }),
    );
  },
  batch(tf) {
    const {x, y} = readMnist(tf, {training: BATCH, test: 1}).train;
    return {
      x: tf.tidy(() =>
        tf.pad(x.reshape([BATCH, 28, 28]), [
          [0, 0],
          [2, 2],
          [0, 0],
        ]),
      ),
      y,
    };
  },
};
