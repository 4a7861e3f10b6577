// Writes samples with every sink until it is killed: `write-samples.ts <folder> <first index> [training]`. Says of each one
// that it is written. With `training` they are those of a training.
import {join} from 'node:path';
import type {Observable} from 'rxjs';
import {csv} from '../../src/sinks/csv.js';
import {ndjson} from '../../src/sinks/ndjson.js';
import {parquet} from '../../src/sinks/parquet.js';
import {tensorBoard} from '../../src/sinks/tensorboard/tensor-board.js';
import type {HessianSample} from '../../src/streams/hessian-sample.js';
import {makeSample} from './make-sample.js';

const [folder, first, mode] = process.argv.slice(2) as [string, string, string?];
const sinks = [
  ndjson(join(folder, 'run.ndjson')),
  csv(join(folder, 'run.csv')),
  parquet(join(folder, 'run.parquet')),
  tensorBoard(join(folder, 'logs')),
];
let index = Number(first);
const write = (sample: HessianSample) => {
  // Continues the numbers of the process before.
  const numbered = {...sample, index, step: index + 1};
  for (const sink of sinks) sink.next(numbered);
  process.stdout.write(`${index++}\n`);
};

if (mode === 'training') (await samplesOfTraining()).subscribe(write);
else {
  const layers = Array.from({length: 20}, (_, i) => `layer_${i}`);
  const loop = () => {
    for (let i = 0; i < 10; i++) write(makeSample(index, {layers}));
    // Signals get their turn.
    setImmediate(loop);
  };
  loop();
}

/** A training without end that is sampled after every step. */
async function samplesOfTraining(): Promise<Observable<HessianSample>> {
  const {loadTensorFlow} = await import('../../src/node.js');
  const {HessianSpectrumCallback} = await import('../../src/callbacks/hessian-spectrum-callback.js');
  const {everyBatches} = await import('../../src/callbacks/schedules.js');
  const {tf} = await loadTensorFlow({prefer: 'cpu'});
  const layers = await import('@tensorflow/tfjs-layers');
  const dense = (args: object) => layers.layers.dense({units: 3, activation: 'tanh', ...args});
  const model = layers.sequential({layers: [dense({inputShape: [4]}), dense({}), dense({})]});
  model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});
  const curvature = new HessianSpectrumCallback({schedule: everyBatches(1), steps: 3, probes: 1});
  const data = [tf.randomNormal([32, 4]), tf.randomNormal([32, 3])] as const;
  void model.fit(...data, {epochs: 1e6, batchSize: 8, verbose: 0, callbacks: [curvature]});
  return curvature.samples$;
}
