// Compares regularizers by the curvature and the test accuracy of a CNN that learns from few images: none, L2, and the trace of
// the Hessian, of all layers and of the two middle layers.
//
//   npx tsx examples/regularizers/compare.ts [--images 500 --epochs 30 --repeats 3 --strength 3e-3 --out folder --quick]
//
// Each repeat uses different training images; all variants start from the same weights and use the same batches.
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../mnist/data.js';
import {readOptions} from './options.js';
import {drawPicture} from './picture.js';
import {table} from './table.js';
import type {Run} from './training.js';
import {train, variants} from './training.js';

const options = readOptions();
const {images, repeats, epochs} = options;
const {tf} = await loadTensorFlow({warn: () => {}});
const mnist = readMnist(tf, {training: images * repeats, test: options.test});
console.log(
  `A CNN on ${images} images of MNIST, ${epochs} epochs, tested on ${options.test} images; repeats: ${repeats}.\n`,
);

const runs: Run[] = [];
for (let repeat = 0; repeat < repeats; repeat++) {
  const part = {x: mnist.train.x.slice(repeat * images, images), y: mnist.train.y.slice(repeat * images, images)};
  for (const variant of variants(options)) {
    const run = await train(tf, variant, repeat, {train: part, test: mnist.test}, options);
    runs.push(run);
    const {accuracy, loss} = run.epochs.at(-1)!;
    console.log(
      `${repeat + 1}/${repeats} ${variant.name}: training loss ${loss.toFixed(4)}, test accuracy ${(100 * accuracy).toFixed(2)} %, ` +
        `${run.seconds.toFixed(0)} s`,
    );
  }
}

console.log(`\n${table(runs)}\n`);
for (const path of drawPicture(runs, options)) console.log(path);
