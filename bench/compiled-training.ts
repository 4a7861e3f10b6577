// Measures training steps with `compileTraining`, in plain steps of the same model, on the subjects of the benchmark.
//
//   npx tsx bench/compiled-training.ts [--seconds 6 --only cnn]
//
// Plain and compiled steps run in turn, so that other load on the machine affects both. A ratio is the median over rounds.
import {parseArgs} from 'node:util';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compileTraining} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {paired, timed} from './harness/paired.js';
import {subjects} from './subjects/index.js';

const {values} = parseArgs({options: {seconds: {type: 'string', default: '6'}, only: {type: 'string', default: ''}}});
const {tf, engine} = await loadTensorFlow({warn: () => {}});
console.log(`${engine.name}, milliseconds a step`);
console.log('| model | optimizer | plain | compiled | ratio | first compiled step |');
console.log('|---|---|---|---|---|---|');
for (const subject of subjects.filter(({name}) => name.includes(values.only))) {
  for (const optimizer of ['sgd', 'adam']) {
    const {x, y} = subject.batch(tf);
    const step = (model: LayersModel) => timed(() => model.trainOnBatch(x, y));
    const build = () => {
      const model = subject.build(tf);
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      return model;
    };
    const [plain, compiled] = [build(), build()];
    const undo = compileTraining(compiled);
    // The first step runs as it is.
    await step(compiled)();
    const first = await step(compiled)();
    const {times, ratios} = await paired(
      step(plain),
      {compiled: step(compiled)},
      {budget: 1000 * Number(values.seconds)},
    );
    undo();
    tf.dispose([x, y]);
    const [ours, ratio] = [times.compiled!.median, ratios.compiled!.median];
    const row = [
      subject.title,
      optimizer,
      (ours / ratio).toFixed(1),
      ours.toFixed(1),
      ratio.toFixed(2),
      first.toFixed(0),
    ];
    console.log(`| ${row.join(' | ')} |`);
  }
}
