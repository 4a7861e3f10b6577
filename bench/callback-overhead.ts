// The time that a callback adds to training, on the demo's CNN, as a share of the training, in one run on one machine.
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
// Yields to the event loop as `fit` does without callbacks.
const plain = () => new tf.CustomCallback({});
// After the first of two epochs, so that background work has time to finish.
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

/** Milliseconds per step over two epochs, with one sample. */
async function stepTime(name: string): Promise<number> {
  const began = performance.now();
  const args = {epochs: 2, batchSize: BATCH, verbose: 0, callbacks: [callbacks[name] as never]};
  await models.get(name)!.fit(x, y, args);
  return (performance.now() - began) / (2 * STEPS);
}

/**
 * The milliseconds that a callback adds to a step when no sample is due. A step of the CNN varies by more than that, so a
 * model with a very short step is used; the callback does the same work there.
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
  // Each round runs all variants, so that a slow moment of the machine affects all of them. The first round warms up.
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
