// What a callback makes training wait for, on the demo's CNN: as shares of the training, of one run on one machine.
//
//   npx tsx bench/callback-overhead.ts [rounds, default 5]
import {atEpochs, HessianSpectrumCallback, when} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {cnn} from '../examples/mnist/networks.js';

const ROUNDS = Number(process.argv[2] ?? 5);
const BATCH = 256;
/** Steps of an epoch here, and in the demo: 60,000 images. */
const [STEPS, DEMO_STEPS] = [100, 235];

const {tf, engine} = await loadTensorFlow();
const x = tf.randomUniform([STEPS * BATCH, 28, 28, 1], 0, 1, 'float32', 1);
const y = tf.oneHot(tf.randomUniform([STEPS * BATCH], 0, 10, 'int32', 2), 10).toFloat();

type Callback = HessianSpectrumCallback | InstanceType<typeof tf.CustomCallback>;
// Yields as `fit` does by itself.
const plain = () => new tf.CustomCallback({});
// After the first of two epochs, so that what goes on in the background has time to.
const schedule = atEpochs([0]);
const callbacks: Record<string, Callback> = {
  plain: plain(),
  foreground: new HessianSpectrumCallback({schedule}),
  background: new HessianSpectrumCallback({schedule, background: true}),
};
const waits: number[] = [];
for (const callback of Object.values(callbacks)) {
  if (!(callback instanceof HessianSpectrumCallback)) continue;
  callback.failures$.subscribe(({error}) => console.error(error));
  callback.samples$.subscribe(() => {
    if (callback === callbacks.background) waits.push(callback.state().waited);
  });
}
const models = new Map(Object.keys(callbacks).map(name => [name, cnn.build(tf)]));

/** Milliseconds of a step over two epochs, one sample included. */
async function stepTime(name: string): Promise<number> {
  const began = performance.now();
  const args = {epochs: 2, batchSize: BATCH, verbose: 0, callbacks: [callbacks[name] as never]};
  await models.get(name)!.fit(x, y, args);
  return (performance.now() - began) / (2 * STEPS);
}

/**
 * What a callback that is not due adds to a step, in milliseconds. A step of the CNN varies by more than that, so it is
 * taken on a model whose own step is nothing much: what the callback does is the same.
 */
async function notDue(pairs: number, steps: number): Promise<number> {
  const model = tf.sequential({layers: [tf.layers.dense({units: 1, inputShape: [1]})]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const [few, target] = [tf.zeros([steps, 1]), tf.zeros([steps, 1])];
  const time = async (callback: Callback) => {
    const began = performance.now();
    await model.fit(few, target, {epochs: 1, batchSize: 1, shuffle: false, verbose: 0, callbacks: [callback as never]});
    return (performance.now() - began) / steps;
  };
  const attached = new HessianSpectrumCallback({schedule: when(() => false)});
  const differences: number[] = [];
  for (let i = 0; i < pairs; i++) {
    const without = await time(plain());
    differences.push((await time(attached)) - without);
  }
  return median(differences);
}

const median = (list: readonly number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
const times = new Map<string, number[]>(Object.keys(callbacks).map(name => [name, []]));
for (let round = 0; round <= ROUNDS; round++) {
  // All in each round, so that a slow moment of the machine is everybody's; the first one warms up.
  for (const [name, list] of times) {
    const time = await stepTime(name);
    if (round > 0) list.push(time);
  }
}

const plainTimes = times.get('plain')!;
const step = median(plainTimes);
const percent = (share: number) => `${(100 * share).toFixed(2)} %`;
console.log(
  `${engine.name} ${engine.library ?? ''}, batch ${BATCH}, ${ROUNDS} rounds; a step takes ${step.toFixed(1)} ms`,
);
for (const [name, list] of times) {
  if (name === 'plain') continue;
  const steps = 2 * STEPS * (median(list.map((time, i) => time / plainTimes[i]!)) - 1);
  console.log(
    `everyEpochs(1), ${name}: a sample costs training ${steps.toFixed(1)} steps, ` +
      `${percent(steps / DEMO_STEPS)} of an epoch of ${DEMO_STEPS} steps`,
  );
}
const wait = median(waits);
console.log(
  `of it, training waits for the snapshot: ${wait.toFixed(1)} ms, ${percent(wait / step / DEMO_STEPS)} of an epoch`,
);
const idle = await notDue(60, 50);
console.log(`attached, not due: ${(1000 * idle).toFixed(0)} µs, ${percent(idle / step)} of a step`);
for (const callback of Object.values(callbacks)) if (callback instanceof HessianSpectrumCallback) callback.dispose();
