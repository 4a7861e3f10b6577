// A training that is sampled on a cluster, and goes on where it was killed: `train-on-cluster.ts <url | local> <folder> <steps>`.
// It writes each sample into `run.ndjson`, and each five steps a checkpoint. It prints each step and each sample.
import {existsSync, readFileSync, renameSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {setTimeout as sleep} from 'node:timers/promises';
import * as tf from '@tensorflow/tfjs-core';
import {HessianSpectrumCallback} from '../../src/callbacks/hessian-spectrum-callback.js';
import {cluster} from '../../src/cluster/cluster.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {plainModel, smallData} from '../callbacks/small-model.js';
import {useEngine} from '../engines.js';

const [url, folder, steps] = process.argv.slice(2) as [string, string, string];
await useEngine('native');
const model = plainModel();
const {x, y} = smallData();
const background = url === 'local' ? false : cluster({connection: url, queue: 'kill', limit: 1000});
const curvature = new HessianSpectrumCallback({steps: 4, probes: 1, background});
curvature.failures$.subscribe(({step, error}) => console.log(`failure ${step} ${error.message}`));
curvature.samples$.subscribe(ndjson(join(folder, 'run.ndjson'), {failures$: curvature.failures$}));
curvature.samples$.subscribe(({step}) => console.log(`sample ${step}`));

const checkpoint = join(folder, 'checkpoint.json');
let step = 0;
if (existsSync(checkpoint)) {
  const saved = JSON.parse(readFileSync(checkpoint, 'utf8'));
  step = saved.step;
  tf.tidy(() => model.setWeights(model.getWeights().map((weight, i) => tf.tensor(saved.weights[i], weight.shape))));
  curvature.restore(saved.state);
}
curvature.bind(model);
while (step < Number(steps)) {
  await model.trainOnBatch(x, y);
  step++;
  const sample = curvature.sample();
  // On this thread, a sample that is not awaited is skipped if another has begun.
  if (url === 'local') await sample;
  // Slow enough that all kills come before its end, on a fast machine too.
  else await sleep(500);
  console.log(step);
  if (step % 5 === 0) {
    await curvature.drained();
    const weights = model.getWeights().map(weight => [...weight.dataSync()]);
    writeFileSync(`${checkpoint}.draft`, JSON.stringify({step, weights, state: curvature.state()}));
    renameSync(`${checkpoint}.draft`, checkpoint);
  }
}
curvature.unbind();
curvature.dispose();
console.log('done');
