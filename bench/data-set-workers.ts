// How much faster products over a data set are in two threads than in one, and than without threads. All are taken in turn, in one run.
//
//   npx tsx bench/data-set-workers.ts
import os from 'node:os';
import type {Tensor1D} from '@tensorflow/tfjs-core';
import {type CurvatureOperator, hessian} from 'tfjs-hessian';
import {threads} from 'tfjs-hessian/cluster';
import {loadTensorFlow} from 'tfjs-hessian/node';

const BATCHES = 8;
const ROWS = 64;
const ROUNDS = 5;

const {tf, engine} = await loadTensorFlow({prefer: 'native'});
console.log(
  `${engine.package}, ${os.cpus()[0]?.model}, ${os.cpus().length} cores, load ${os.loadavg()[0]!.toFixed(1)}`,
);
console.log(`${BATCHES} batches of ${ROWS} rows, median of ${ROUNDS} products with a vector`);

for (const units of [32, 256, 1024]) {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({units, inputShape: [784], activation: 'tanh'}),
      tf.layers.dense({units, activation: 'tanh'}),
      tf.layers.dense({units: 10, activation: 'softmax'}),
    ],
  });
  model.compile({optimizer: 'sgd', loss: 'categoricalCrossentropy'});
  const batches = Array.from({length: BATCHES}, (_, i) => ({
    x: tf.randomUniform([ROWS, 784], 0, 1, 'float32', i + 1),
    y: tf.oneHot(tf.randomUniform([ROWS], 0, 10, 'int32', i + 1), 10).toFloat(),
  }));
  const operators: [string, CurvatureOperator][] = [
    ['no threads', await hessian(model, batches)],
    ['1 thread', await hessian(model, batches, {on: threads(1)})],
    ['2 threads', await hessian(model, batches, {on: threads(2)})],
  ];
  const v = tf.randomNormal([operators[0]![1].size], 0, 1, 'float32', 1) as Tensor1D;
  const times = new Map(operators.map(([name]) => [name, [] as number[]]));
  let expected: string | null = null;
  // The first round makes factors and is not counted.
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [name, H] of operators) {
      const began = performance.now();
      const product = await H.multiplyInParts(v, async () => {});
      const values = await product.data();
      if (round > 0) times.get(name)!.push(performance.now() - began);
      product.dispose();
      const bits = Buffer.from(values.buffer as ArrayBuffer, values.byteOffset, values.byteLength).toString('latin1');
      expected ??= bits;
      if (bits !== expected) throw new Error(`The bits with ${name} differ.`);
    }
  }
  const medians = [...times].map(([name, all]) => [name, all.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!] as const);
  const [, one, two] = medians.map(([, ms]) => ms);
  const shown = medians.map(([name, ms]) => `${name} ${ms.toFixed(1)} ms`).join(', ');
  console.log(
    `${v.size.toLocaleString('en')} parameters: ${shown}; one thread / two threads: ${(one! / two!).toFixed(2)}`,
  );
  for (const [, H] of operators) H.dispose();
  tf.dispose([v, ...batches.flatMap(({x, y}) => [x, y])]);
  model.dispose();
}
