// Drives each of TensorFlow.js' optimizers to its edge of stability: a small MLP on 500 images of Fashion-MNIST, full batches. Draws what it saw.
//
//   npx tsx bench/edge-of-stability.ts [names …] [--steps 1200 --every 10 --again]      all of it: about five minutes on two cores
//
// A training that has a record in bench/edge/records is not repeated, unless it is asked for by --again. The picture and the table of
// docs/stability.md are made from the records.
import {fileURLToPath} from 'node:url';
import {parseArgs} from 'node:util';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readFashionMnist} from '../study/data/fashion-mnist.js';
import {writeDocument} from './edge/document.js';
import {drive, rowsOf} from './edge/drive.js';
import {readRecord, writeRecord} from './edge/record.js';
import {settings} from './edge/settings.js';
import {describeMachine} from './harness/machine.js';

const IMAGES = 500;
const folder = fileURLToPath(new URL('edge/records', import.meta.url));

const {values: options, positionals} = parseArgs({
  allowPositionals: true,
  options: {
    steps: {type: 'string', default: '1200'},
    every: {type: 'string', default: '10'},
    again: {type: 'boolean', default: false},
  },
});
const unknown = positionals.filter(name => !(name in settings));
if (unknown.length > 0)
  throw new RangeError(`No optimizer ${unknown.join(', ')}; there are ${Object.keys(settings).join(', ')}.`);
const names = positionals.length > 0 ? positionals : Object.keys(settings);
const missing = names.filter(name => options.again || readRecord(folder, name) === null);

if (missing.length > 0) {
  const {tf, engine} = await loadTensorFlow();
  const data = rowsOf(tf, readFashionMnist().pool, IMAGES);
  for (const name of missing) {
    const setting = settings[name]!;
    const began = performance.now();
    const counts = {steps: Number(options.steps), every: Number(options.every)};
    const {parameters, points} = await drive(tf, setting, data, counts);
    const seconds = (performance.now() - began) / 1000;
    writeRecord(folder, name, {
      ...{optimizer: name, learningRate: setting.learningRate, parameters, images: IMAGES},
      ...{engine: describeMachine(engine).engine, seconds, points},
    });
    console.log(`${name}: ${seconds.toFixed(0)} s, ratio ${points.at(-1)!.ratio.toFixed(3)} at the end`);
  }
}
const records = Object.keys(settings).map(name => readRecord(folder, name));
if (records.every(record => record !== null)) for (const path of writeDocument(records)) console.log(path);
