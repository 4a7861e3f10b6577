// Measures compiled training steps, plain and penalized, in plain steps of the same model, on the subjects of the benchmark.
//
//   npx tsx bench/compiled-training.ts [--seconds 12 --only cnn --layers none,middle,all --images 15360 --epochs]
//
// All kinds of steps run in turn, so that other load on the machine affects all. A ratio is the median over rounds. `--epochs`
// adds an epoch of the CNN with a penalty on the middle layers and a sample at its end, in epochs of plain `fit`.
import {parseArgs} from 'node:util';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {
  attachRegularizer,
  compileTraining,
  explainStep,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
  onWarning,
} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../examples/mnist/data.js';
import {paired, timed} from './harness/paired.js';
import {cnn} from './subjects/cnn.js';
import {subjects} from './subjects/index.js';

const {values} = parseArgs({
  options: {
    seconds: {type: 'string', default: '12'},
    only: {type: 'string', default: ''},
    layers: {type: 'string', default: 'none,middle,all'},
    images: {type: 'string', default: '15360'},
    epochs: {type: 'boolean', default: false},
  },
});
const budget = 1000 * Number(values.seconds);
const penalized = values.layers.split(',') as ('none' | 'middle' | 'all')[];
const {tf, engine} = await loadTensorFlow({warn: () => {}});
onWarning(({message}) => console.warn(message));

/** A model that is penalized on some layers, by compiled steps; `null` for plain steps. */
function prepared(build: () => LayersModel, layers: 'none' | 'middle' | 'all' | null): LayersModel {
  const model = build();
  if (layers !== null) compileTraining(model);
  if (layers === 'middle' || layers === 'all')
    attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-4}), {layers});
  return model;
}

function row(cells: readonly (string | number)[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

console.log(`${engine.name}, milliseconds a step`);
row(['model', 'optimizer', 'penalty', 'plain', 'compiled', 'ratio', 'first compiled step', 'ops']);
row(Array<string>(8).fill('---'));
for (const subject of subjects.filter(({name}) => name.includes(values.only))) {
  for (const optimizer of ['sgd', 'adam']) {
    const {x, y} = subject.batch(tf);
    const step = (model: LayersModel) => timed(() => model.trainOnBatch(x, y));
    const build = () => {
      const model = subject.build(tf);
      model.compile({optimizer, loss: 'categoricalCrossentropy'});
      return model;
    };
    const plain = prepared(build, null);
    const models = penalized.map(layers => [layers, prepared(build, layers)] as const);
    const firsts: Record<string, number> = {};
    for (const [layers, model] of models) {
      // The first step runs kernel by kernel, the second one is recorded.
      await step(model)();
      firsts[layers] = await step(model)();
    }
    const contestants = Object.fromEntries(models.map(([layers, model]) => [layers, step(model)]));
    const {times, ratios} = await paired(step(plain), contestants, {budget});
    for (const [layers, model] of models) {
      const [ours, ratio] = [times[layers]!.median, ratios[layers]!.median];
      const ops = /\d+(?= TensorFlow ops)/.exec(explainStep(model))?.[0] ?? '-';
      row([
        subject.title,
        optimizer,
        layers,
        ...[(ours / ratio).toFixed(1), ours.toFixed(1), ratio.toFixed(2)],
        ...[firsts[layers]!.toFixed(0), ops],
      ]);
    }
    tf.dispose([x, y]);
  }
}

if (values.epochs) {
  const {x, y} = readMnist(tf, {training: Number(values.images), test: 1}).train;
  const curvature = new HessianSpectrumCallback();
  const samples: number[] = [];
  curvature.samples$.subscribe(({cost}) => samples.push(cost.milliseconds));
  const epoch = (model: LayersModel, callbacks: HessianSpectrumCallback[] = []) =>
    timed(() => model.fit(x, y, {epochs: 1, batchSize: cnn.batchSize, shuffle: false, verbose: 0, callbacks}));
  const build = () => cnn.build(tf);
  const contestants = {
    'penalized and sampled': epoch(prepared(build, 'middle'), [curvature]),
    penalized: epoch(prepared(build, 'middle')),
    compiled: epoch(prepared(build, 'none')),
  };
  const {times, ratios, rounds} = await paired(epoch(prepared(build, null)), contestants, {budget: 4 * budget});
  console.log(`\nAn epoch of the CNN, ${values.images} images, ${rounds} rounds`);
  for (const name of Object.keys(contestants)) {
    console.log(`${name}: ${times[name]!.median.toFixed(0)} ms, ${ratios[name]!.median.toFixed(2)} plain epochs`);
  }
  console.log(`a sample: ${(samples.reduce((sum, each) => sum + each, 0) / samples.length).toFixed(0)} ms`);
}
