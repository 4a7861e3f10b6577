// Layerwise Hessian spectra while a CNN learns MNIST, without and with a penalty on the Hessian traces of its middle layers.
//
//   npm run demo [-- --epochs 3 --out folder --quick]
import {mkdirSync, rmSync} from 'node:fs';
import {join} from 'node:path';
import type {Scalar} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {lastValueFrom, toArray} from 'rxjs';
import type {AttachedRegularizer} from 'tfjs-hessian';
import {
  anyOf,
  attachRegularizer,
  everyEpochs,
  geometric,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
} from 'tfjs-hessian';
import {loadTensorFlow} from 'tfjs-hessian/node';
import {ndjson} from 'tfjs-hessian/sinks';
import {readMnist} from './mnist/data.js';
import {readOptions} from './mnist/options.js';
import {drawPicture} from './mnist/picture.js';
import {describe, planFor} from './mnist/plan.js';
import {progress} from './mnist/progress.js';
import type {Run} from './mnist/run.js';
import {runsTable, spectraTable} from './mnist/table.js';

const options = readOptions();
const {tf, engine} = await loadTensorFlow({...(options.prefer && {prefer: options.prefer}), warn: () => {}});
const plan = planFor(engine, options);
console.log(describe(plan, engine));
const {train, test} = readMnist(tf, plan.sizes);
// Every sample uses the same images, so that only the network changes.
const watched = {x: train.x.slice(0, plan.batchSize), y: train.y.slice(0, plan.batchSize)};

mkdirSync(options.out, {recursive: true});
const runs = [
  await trainingRun('plain', 'mnist-plain.ndjson'),
  await trainingRun('middle layers penalized', 'mnist-penalized.ndjson', model =>
    attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'}),
  ),
];

console.log(`\n${spectraTable(runs)}\n\n${runsTable(runs)}\n`);
const title = `The Hessian spectrum of every layer while ${plan.network.title} learns MNIST`;
for (const path of [...drawPicture(runs, title, options.out), ...runs.map(({file}) => file)]) console.log(path);

/** Trains a model and samples its spectra. All models start from the same weights and use the same batches. */
async function trainingRun(
  name: string,
  fileName: string,
  penalize?: (model: LayersModel) => AttachedRegularizer,
): Promise<Run> {
  const {network, batchSize, sizes, steps, probes} = plan;
  const {epochs} = options;
  const model = network.build(tf);
  const penalty = penalize?.(model);

  const schedule = anyOf(everyEpochs(1), geometric({ratio: 5}));
  const curvature = new HessianSpectrumCallback({schedule, batch: watched, steps, probes});
  curvature.failures$.subscribe(({error}) => console.error(error.message));
  const file = join(options.out, fileName);
  rmSync(file, {force: true}); // the sink would continue the file
  curvature.samples$.subscribe(ndjson(file, {failures$: curvature.failures$}));
  const samples = lastValueFrom(curvature.samples$.pipe(toArray()));
  const shown = progress(tf, {
    name,
    steps: epochs * Math.ceil(sizes.training / batchSize),
    samples$: curvature.samples$,
  });

  const began = performance.now();
  await model.fit(train.x, train.y, {epochs, batchSize, shuffle: false, verbose: 0, callbacks: [curvature, shown]});
  const seconds = (performance.now() - began) / 1000;
  curvature.dispose();

  const [, accuracy] = model.evaluate(test.x, test.y, {batchSize: 1000}) as Scalar[];
  return {
    name,
    penalized: penalty?.layers ?? [],
    samples: await samples,
    accuracy: (await accuracy!.data())[0]!,
    seconds,
    file,
  };
}
