// How sure the default sample is of each trace, and what that costs: five epochs of a small MLP, CNN and LSTM on MNIST, a sample
// after each, for three seeds.
//
//   npx tsx bench/default-sample.ts      writes bench/default-sample/record.ndjson, a line for each sample
//
// Each moment is sampled twice on the same batch: with the defaults, and with `traceProbes: 0`, whose traces come from the Lanczos probes alone.
import {writeFileSync} from 'node:fs';
import {fileURLToPath} from 'node:url';
import type {HessianSample} from 'tfjs-hessian';
import {HessianSpectrumCallback} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../examples/mnist/data.js';

const {tf} = await loadTensorFlow();
const {train} = readMnist(tf, {training: 2048, test: 1});
const {layers: l} = tf;
const SEEDS = [1, 2, 3];
/** The seed of a training, from which those of its weights are made. */
let training = 0;
const uniform = (seed: number) => tf.initializers.glorotUniform({seed: 100 * training + seed});
const kernel = (seed: number) => ({kernelInitializer: uniform(seed)});
const last = (seed: number) => l.dense({name: 'dense_10', units: 10, activation: 'softmax', ...kernel(seed)});

const networks = {
  MLP: () => [
    l.flatten({inputShape: [28, 28, 1]}),
    l.dense({name: 'dense_64', units: 64, activation: 'relu', ...kernel(1)}),
    l.dense({name: 'dense_32', units: 32, activation: 'relu', ...kernel(2)}),
    last(3),
  ],
  CNN: () => [
    l.conv2d({name: 'conv_8', inputShape: [28, 28, 1], filters: 8, kernelSize: 3, activation: 'relu', ...kernel(1)}),
    l.maxPooling2d({poolSize: 2}),
    l.conv2d({name: 'conv_16', filters: 16, kernelSize: 3, activation: 'relu', ...kernel(2)}),
    l.maxPooling2d({poolSize: 2}),
    l.flatten(),
    l.dense({name: 'dense_32', units: 32, activation: 'relu', ...kernel(3)}),
    last(4),
  ],
  LSTM: () => [
    l.reshape({targetShape: [28, 28], inputShape: [28, 28, 1]}),
    l.lstm({name: 'lstm_32', units: 32, recurrentInitializer: uniform(2), ...kernel(1)}),
    last(3),
  ],
};

const lines: string[] = [];
for (const [network, make] of Object.entries(networks)) {
  for (const seed of SEEDS) {
    training = seed;
    const model = tf.sequential({layers: make()});
    model.compile({optimizer: tf.train.adam(0.003), loss: 'categoricalCrossentropy'});
    const taken: Record<'sample' | 'plain', HessianSample[]> = {sample: [], plain: []};
    const callbacks = {
      sample: new HessianSpectrumCallback({seed}),
      plain: new HessianSpectrumCallback({seed, traceProbes: 0, logs: 'plain'}),
    };
    for (const kind of ['sample', 'plain'] as const) callbacks[kind].samples$.subscribe(one => taken[kind].push(one));
    await model.fit(train.x, train.y, {
      ...{epochs: 5, batchSize: 128, shuffle: false, verbose: 0},
      callbacks: Object.values(callbacks),
    });
    for (const [epoch, sample] of taken.sample.entries()) {
      const plain = taken.plain[epoch]!;
      const passes = rounded(sample.cost.gradientPasses / plain.cost.gradientPasses);
      // The first samples also load graphs.
      const time = rounded(sample.cost.milliseconds / plain.cost.milliseconds);
      lines.push(
        JSON.stringify({network, seed, epoch, passes, time, errors: errorsOf(sample), plainErrors: errorsOf(plain)}),
      );
      console.log(lines.at(-1));
    }
    for (const callback of Object.values(callbacks)) callback.dispose();
    model.dispose();
  }
}
writeFileSync(fileURLToPath(new URL('default-sample/record.ndjson', import.meta.url)), `${lines.join('\n')}\n`);

/** The standard error of each trace, as a share of the trace. */
function errorsOf({full, layers}: HessianSample): Record<string, number> {
  const blocks = [{name: 'network', ...full}, ...layers];
  return Object.fromEntries(
    blocks.map(({name, trace}) => [name, rounded(trace.standardError! / Math.abs(trace.value))]),
  );
}

function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
