// Compares Sophia, with the diagonal of the Hessian or of the Gauss–Newton matrix, to Adam and SGD on a few images of MNIST.
//
//   npx tsx examples/concepts/sophia.ts [--epochs 20 --every 10 --quick]
//
// Each optimizer runs with several learning rates. The best one on the validation images is reported, on the test images.
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {aligned} from '../mnist/align.js';
import type {Examples} from '../mnist/data.js';
import {readSmallMnist} from './small-network.js';
import {contenders} from './sophia/contenders.js';
import type {Outcome} from './sophia/training.js';
import {train} from './sophia/training.js';

const {values: options} = parseArgs({
  options: {
    epochs: {type: 'string'},
    every: {type: 'string', default: '10'},
    quick: {type: 'boolean', default: false},
  },
});
const {quick} = options;
const epochs = Number(options.epochs ?? (quick ? 2 : 20));
const every = Number(options.every);
const sizes = quick ? {training: 300, test: 200} : {training: 2000, test: 5000};

const {tf} = await loadTensorFlow({warn: () => {}});
const mnist = readSmallMnist(tf, {training: 1.5 * sizes.training, test: sizes.test});
const part = ({x, y}: Examples, from: number, size: number): Examples => ({
  x: x.slice([from, 0], [size, -1]),
  y: y.slice([from, 0], [size, -1]),
});
const data = {
  train: part(mnist.train, 0, sizes.training),
  validation: part(mnist.train, sizes.training, 0.5 * sizes.training),
  test: mnist.test,
};
console.log(`An MLP on ${sizes.training} images of MNIST, ${epochs} epochs; Sophia's diagonal every ${every} steps.\n`);

const rows: string[][] = [];
for (const {name, learningRates, make} of contenders(tf, every)) {
  let best: (Outcome & {readonly learningRate: number}) | null = null;
  for (const learningRate of quick ? learningRates.slice(1, 2) : learningRates) {
    const outcome = await train(tf, make(learningRate), data, epochs);
    if (best === null || outcome.validation.loss < best.validation.loss) best = {...outcome, learningRate};
  }
  const {learningRate, trainingLoss, test, seconds, clipped} = best!;
  rows.push([
    name,
    String(learningRate),
    trainingLoss.toFixed(4),
    test.loss.toFixed(4),
    `${(100 * test.accuracy).toFixed(2)} %`,
    clipped === null ? '' : `${(100 * clipped).toFixed(0)} %`,
    `${seconds.toFixed(1)} s`,
  ]);
}
console.log(
  aligned(['optimizer', 'learning rate', 'training loss', 'test loss', 'test accuracy', 'clipped', 'took'], rows),
);
