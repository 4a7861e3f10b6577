// The loss along the top eigenvectors of its Hessian, and its quadratic model: how far is the model accurate?
//
//   npx tsx examples/concepts/loss-slices.ts [--epochs 10 --out folder --quick]
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {drawPicture} from './loss-slices/picture.js';
import {farthestWithin, slicesAlongTop} from './loss-slices/slices.js';
import {readSmallMnist, smallNetwork, train} from './small-network.js';

const {values: options} = parseArgs({
  options: {
    epochs: {type: 'string'},
    out: {type: 'string', default: 'out'},
    quick: {type: 'boolean', default: false},
  },
});
const {quick, out} = options;
const epochs = Number(options.epochs ?? (quick ? 2 : 10));

const {tf} = await loadTensorFlow({warn: () => {}});
const {train: images} = readSmallMnist(tf, {training: quick ? 500 : 5000, test: 0});
const model = smallNetwork(tf);
await train(model, images, epochs);

const slices = await slicesAlongTop(tf, model, images, quick ? {line: 21, plane: 9} : {line: 61, plane: 31});
const {loss, top} = slices;
console.log(`Loss ${loss.toFixed(4)} after ${epochs} epochs on ${images.x.shape[0]} images.`);
top.forEach(({value, residual, slope}, i) => {
  console.log(
    `Eigenvector ${i + 1}: curvature ${value.toFixed(4)} ± ${residual.toPrecision(1)}, slope ${slope.toFixed(4)}; ` +
      `the quadratic model is within 10 % of the loss up to a distance of ${farthestWithin(slices.lines[i]!, 0.1).toFixed(2)}.`,
  );
});
for (const path of drawPicture(slices, out)) console.log(path);
