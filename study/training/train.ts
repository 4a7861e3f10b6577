import {join} from 'node:path';
import {
  anyOf,
  atBatches,
  atEpochs,
  HessianSpectrumCallback,
  type HessianSpectrumCallbackArgs,
  onTrainBegin,
  onTrainEnd,
} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import {ndjson} from 'tfjs-hessian/sinks';
import {deriveSeed} from '../../src/random.js';
import {buildArm} from '../arms.js';
import type {StudyConfig} from '../config.js';
import type {DataSet} from '../data/images.js';
import {splitFor} from '../data/split.js';
import type {Job} from '../jobs.js';
import {architectures} from '../models.js';
import {samplesFile} from '../records/folder.js';
import type {SampleKind, TrainingRecord} from '../records/training-record.js';
import {shuffledBatches} from './batches.js';
import {evaluate, finite} from './evaluate.js';
import {seedMathRandom} from './seeded-random.js';

export interface TrainArgs {
  readonly job: Job;
  readonly config: StudyConfig;
  readonly data: DataSet;
  /** The folder for its samples. */
  readonly folder: string;
}

/** Trains a model for a job. The result, except times, depends only on the job and the configuration. */
export async function train(tf: TensorFlow, {job, config, data, folder}: TrainArgs): Promise<TrainingRecord> {
  const began = performance.now();
  const {seed, arm, strength, phase} = job;
  const {batchSize, sizes} = config;
  const plan = config.models[job.model];
  const architecture = architectures[job.model];
  seedMathRandom(deriveSeed(seed, 'dropout'));
  const split = splitFor(tf, data, sizes, seed);
  const model = buildArm(tf, architecture, arm, strength, {...plan, seed, inputShape: split.training.x.shape.slice(1)});

  const watched = {x: split.training.x.slice(0, plan.watched), y: split.training.y.slice(0, plan.watched)};
  const failures: string[] = [];
  const runs: Record<SampleKind, string | null> = {hessian: null, 'gauss-newton': null, end: null};
  const callbacks: HessianSpectrumCallback[] = [];
  const watch = (kind: SampleKind, args: HessianSpectrumCallbackArgs) => {
    const callback = new HessianSpectrumCallback({...args, seed: deriveSeed(seed, kind), logs: false});
    callback.samples$.subscribe(ndjson(join(folder, samplesFile(kind))));
    callback.samples$.subscribe(({run}) => {
      runs[kind] = run;
    });
    callback.failures$.subscribe(({error}) => failures.push(`${kind}: ${error.message}`));
    callbacks.push(callback);
  };
  if (phase === 'final') {
    // At the end of every training, for the network in test mode: without dropout, with moving averages.
    watch('end', {
      ...config.ends,
      schedule: onTrainEnd(),
      layers: architecture.middle,
      batch: {...watched, training: false},
    });
  }
  if (phase === 'final' && arm === 'none') {
    const ends = anyOf(onTrainBegin(), onTrainEnd());
    const early = anyOf(ends, atBatches([5]));
    const epochs = plan.spectraAfter.map(epoch => epoch - 1);
    const often = epochs.length > 0 ? anyOf(early, atEpochs(epochs)) : early;
    const common = {...config.spectra, layers: architecture.layers, batch: watched};
    watch('hessian', {...common, schedule: often});
    const schedule = plan.gaussNewton === 'as often' ? often : ends;
    watch('gauss-newton', {...common, schedule, operator: 'gaussNewton'});
  }

  const {history} = await model.fitDataset(shuffledBatches(tf, split.training, batchSize, seed), {
    ...{epochs: plan.epochs, verbose: 0},
    ...(callbacks.length > 0 && {callbacks}),
  });
  for (const callback of callbacks) callback.dispose();

  const record: TrainingRecord = {
    ...job,
    training: evaluate(model, split.training),
    validation: evaluate(model, split.validation),
    test: phase === 'final' ? evaluate(model, split.test) : null,
    losses: (history.loss as number[]).map(finite),
    runs,
    seconds: (performance.now() - began) / 1000,
    failures,
  };
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([watched, {...split.training}, {...split.validation}, {...split.test}]);
  return record;
}
