import type {HessianSample, Schedule} from 'tfjs-hessian';
import {allOf, everyBatches, everyEpochs, HessianSpectrumCallback, withinBudget} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {readMnist} from '../../examples/mnist/data.js';
import {cnn as demo} from '../../examples/mnist/networks.js';
import type {SamplingRecord} from '../harness/record.js';

const BATCH = 256;
const EPOCH = 60_000;

/** Long enough that a sample is within the budget. */
const BUDGETED_EPOCHS = 3;

/** Measures the share of the demo's training that spectra take: a sample of 10 steps and 1 probe for all layers and the network. */
export async function measureSamplingShare(tf: TensorFlow, images: number): Promise<SamplingRecord> {
  const {train: data} = readMnist(tf, {training: images, test: 1});
  const watched = {x: data.x.slice(0, BATCH), y: data.y.slice(0, BATCH)};

  async function train(schedule: Schedule, epochs: number): Promise<{samples: HessianSample[]; milliseconds: number}> {
    const model = demo.build(tf);
    const curvature = new HessianSpectrumCallback({schedule, batch: watched, steps: 10, probes: 1});
    const samples: HessianSample[] = [];
    curvature.samples$.subscribe(sample => samples.push(sample));
    const began = performance.now();
    await model.fit(data.x, data.y, {
      epochs,
      batchSize: BATCH,
      shuffle: false,
      verbose: 0,
      callbacks: [curvature],
    });
    const milliseconds = performance.now() - began;
    curvature.dispose();
    model.dispose();
    return {samples, milliseconds};
  }

  const once = await train(everyEpochs(1), 1);
  const sampleMilliseconds = once.samples.reduce((sum, {cost}) => sum + cost.milliseconds, 0) / once.samples.length;
  const steps = Math.ceil(images / BATCH);
  const stepMilliseconds = (once.milliseconds - sampleMilliseconds) / steps;
  const budgeted = await train(allOf(everyBatches(5), withinBudget(0.05)), BUDGETED_EPOCHS);
  const sampling = budgeted.samples.reduce((sum, {cost}) => sum + cost.milliseconds, 0);
  tf.dispose([data.x, data.y, watched.x, watched.y]);
  const epochSteps = Math.ceil(EPOCH / BATCH);
  return {
    images,
    batchSize: BATCH,
    epochSteps,
    stepMilliseconds,
    sampleMilliseconds,
    onceAnEpoch: sampleMilliseconds / (sampleMilliseconds + epochSteps * stepMilliseconds),
    withinBudget: {share: sampling / budgeted.milliseconds, samples: budgeted.samples.length},
  };
}
