// What a product with the Hessian costs, in gradients of the same loss on the same batch.
//
//   npx tsx bench/products.ts
import * as tf from '@tensorflow/tfjs-core';
import * as tfl from '@tensorflow/tfjs-layers';
import {hessian} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';

const {engine} = await loadTensorFlow({prefer: 'native'});
const BATCH = 256;

const model = tfl.sequential({
  layers: [
    tfl.layers.conv2d({filters: 8, kernelSize: 3, activation: 'relu', inputShape: [28, 28, 1], name: 'conv8'}),
    tfl.layers.maxPooling2d({poolSize: 2}),
    tfl.layers.conv2d({filters: 16, kernelSize: 3, activation: 'relu', name: 'conv16'}),
    tfl.layers.maxPooling2d({poolSize: 2}),
    tfl.layers.flatten(),
    tfl.layers.dense({units: 64, activation: 'relu', name: 'dense64'}),
    tfl.layers.dense({units: 10, activation: 'softmax', name: 'dense10'}),
  ],
});
model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
const x = tf.randomUniform([BATCH, 28, 28, 1], 0, 1, 'float32', 1);
const labels = tf.tensor1d(
  Array.from({length: BATCH}, (_, i) => i % 10),
  'int32',
);
const y = tf.oneHot(labels, 10).toFloat();
const variables = model.trainableWeights.map(weight => weight.read() as tf.Variable);

function gradient(): void {
  tf.tidy(() => {
    const {grads} = tf.variableGrads(
      () =>
        tf.mean(
          tf.neg(tf.sum(tf.mul(y, tf.log(tf.clipByValue(model.apply(x, {training: true}) as tf.Tensor, 1e-7, 1))), -1)),
        ),
      variables,
    );
    for (const name of Object.keys(grads)) grads[name]!.dataSync();
  });
}

const H = await hessian(model, {x, y});
const v = tf.randomNormal<tf.Rank.R1>([H.size], 0, 1, 'float32', 2);
const V = tf.randomNormal<tf.Rank.R2>([H.size, 8], 0, 1, 'float32', 3);
const read = (make: () => tf.Tensor) => {
  tf.tidy(() => void make().dataSync());
};

const subjects: Record<string, () => void | Promise<void>> = {
  gradient,
  'H v, held': () => read(() => H.matvec(v)),
  'H V of 8, each': () => read(() => H.matmat(V)),
  linearization: async () => (await hessian(model, {x, y})).dispose(),
  ...Object.fromEntries(
    H.layers.map(({name, size}) => {
      const w = tf.randomNormal<tf.Rank.R1>([size]);
      return [`block ${name}`, () => read(() => H.block(name).matvec(w))];
    }),
  ),
};

const ROUNDS = Number(process.argv[2] ?? 15);
const times = new Map<string, number[]>(Object.keys(subjects).map(name => [name, []]));
for (let round = 0; round < ROUNDS + 2; round++) {
  // All in each round, so that a slow moment of the machine is everybody's.
  for (const [name, run] of Object.entries(subjects)) {
    const began = performance.now();
    await run();
    if (round >= 2) times.get(name)!.push((performance.now() - began) / (name.includes('of 8') ? 8 : 1));
  }
}
const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
const gradients = times.get('gradient')!;
console.log(`${engine.name} ${engine.library ?? ''}, batch ${BATCH}, ${ROUNDS} rounds`);
for (const [name, list] of times) {
  const ratio = median(list.map((time, i) => time / gradients[i]!));
  console.log(
    name.padEnd(18),
    `${median(list).toFixed(1).padStart(7)} ms`,
    `${ratio.toFixed(2).padStart(6)} gradients`,
  );
}
