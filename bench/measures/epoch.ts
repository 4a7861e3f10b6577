import type {LayersModel} from '@tensorflow/tfjs-layers';
import {
  attachRegularizer,
  compileTraining,
  everyEpochs,
  HessianSpectrumCallback,
  HessianTraceRegularizer,
} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../../examples/mnist/data.js';
import type {EpochRecord} from '../harness/record.js';
import {summarize} from '../harness/summary.js';
import {cnn} from '../subjects/cnn.js';

const BATCH = 256;

/** Each pair runs a plain epoch and one of ours, in turn. */
const PAIRS = 2;

/** Measures an epoch of `fit` with the middle layers penalized and a default sample, in epochs of plain TensorFlow.js. */
export async function measureEpoch(tf: TensorFlow, images: number): Promise<EpochRecord> {
  const {train: data} = readMnist(tf, {training: images, test: 1});
  const few = {x: data.x.slice(0, 2 * BATCH), y: data.y.slice(0, 2 * BATCH)};
  const [plain, ours] = [cnn.build(tf), cnn.build(tf)];
  attachRegularizer(ours, new HessianTraceRegularizer({strength: 1e-4}), {layers: 'middle'});
  const undo = compileTraining(ours);
  const curvature = new HessianSpectrumCallback({schedule: everyEpochs(1)});
  const epoch = async (model: LayersModel, {x, y}: typeof few) => {
    const began = performance.now();
    await model.fit(x, y, {
      epochs: 1,
      batchSize: BATCH,
      shuffle: false,
      verbose: 0,
      callbacks: model === ours ? [curvature] : [],
    });
    return performance.now() - began;
  };
  await epoch(plain, few);
  await epoch(ours, few);
  const rows: {plain: number; ours: number}[] = [];
  for (let i = 0; i < PAIRS; i++) rows.push({plain: await epoch(plain, data), ours: await epoch(ours, data)});
  undo();
  curvature.dispose();
  tf.dispose([data.x, data.y, few.x, few.y]);
  return {
    images,
    batchSize: BATCH,
    plain: summarize(rows.map(row => row.plain)),
    ours: summarize(rows.map(row => row.ours)),
    ratio: summarize(rows.map(row => row.ours / row.plain)),
  };
}
