import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compileTraining, hessian} from 'tfjs-hessian';
import {spectrum} from 'tfjs-hessian/estimators';
import type {TensorFlow} from 'tfjs-hessian/node';
import {deriveSeed} from '../../src/random.js';
import {classCounts} from '../config.js';
import type {DataSet, Images} from '../data/images.js';
import {imagesAt} from '../data/images.js';
import {shuffled} from '../data/shuffled.js';
import type {Examples} from '../data/split.js';
import {evaluate, finite} from '../training/evaluate.js';
import {seedMathRandom} from '../training/seeded-random.js';
import type {EpochSpectra} from './epoch-spectra.js';
import {epochSpectra} from './epoch-spectra.js';
import {epochTests} from './epoch-tests.js';
import {imageBatches, preparedExamples} from './image-batches.js';
import {learningRateSteps} from './learning-rate-steps.js';
import {buildNetwork} from './networks.js';
import {penalize} from './penalize.js';
import type {Recipe} from './recipe.js';
import type {Curvature, RecipeJob, RecipeRecord} from './recipe-record.js';
import {sharpnessAware} from './sharpness-aware.js';

/** The number of training images for the evaluation at the end, and for its curvature. */
const EVALUATED = 10_000;
const WATCHED = 1000;

/** A training's result, and its spectra if its recipe asks for them. */
export interface Followed {
  readonly record: RecipeRecord;
  readonly spectra: readonly EpochSpectra[];
}

/** Trains a network by a job's recipe. The result, except times, depends only on the job. */
export async function follow(tf: TensorFlow, job: RecipeJob, data: DataSet): Promise<Followed> {
  const began = performance.now();
  const {recipe, seed} = job;
  const {batchSize, images: plan} = recipe;
  const classes = classCounts[recipe.dataSet];
  const parts = partition(data, recipe, seed);
  seedMathRandom(deriveSeed(seed, 'dropout'));
  const test = preparedExamples(tf, parts.test, classes, plan);
  const model = buildNetwork(tf, recipe.network, {
    ...{classes, seed, weightDecay: recipe.weightDecay, dropout: recipe.dropout},
    inputShape: test.x.shape.slice(1),
  });
  const {learningRate, momentum, sharpnessAware: rho, labelSmoothing} = recipe;
  model.compile({
    optimizer: rho > 0 ? sharpnessAware(tf, learningRate, momentum, rho) : tf.train.momentum(learningRate, momentum),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const undo = compileTraining(model);
  const batches = imageBatches(tf, {
    ...{images: parts.training, classes, plan, batchSize, seed, labelSmoothing},
    repeats: rho > 0 ? 2 : 1,
  });
  if (recipe.penalty !== null) {
    penalize(model, recipe.penalty, Math.ceil(parts.training.labels.length / batchSize), deriveSeed(seed, 'penalty'));
  }
  const watch =
    recipe.spectra === null
      ? null
      : epochSpectra(tf, model, {
          ...{plan: recipe.spectra, images: data.pool, imagePlan: plan, classes},
          seed: deriveSeed(seed, 'spectra'),
        });
  // The authors look at the test images after each epoch.
  const tests = job.part === 'protocol' && watch === null ? epochTests(model, test) : null;
  const begin = performance.now();
  const {history} = await model.fitDataset(batches, {
    ...{epochs: recipe.epochs, verbose: 0},
    callbacks: [
      learningRateSteps(model, recipe),
      ...(watch === null ? [] : [watch.callback]),
      ...(tests === null ? [] : [tests.callback]),
    ],
  });
  const trainingSeconds = (performance.now() - begin) / 1000;
  undo();

  const seen = preparedExamples(tf, first(parts.training, EVALUATED), classes, plan);
  const kept = parts.validation && preparedExamples(tf, parts.validation, classes, plan);
  const record: RecipeRecord = {
    ...job,
    training: evaluate(model, seen),
    validation: kept && evaluate(model, kept),
    test: evaluate(model, test),
    curvature: await curvatureOf(tf, model, seen, seed),
    losses: (history.loss as number[]).map(finite),
    ...(tests && {testAccuracies: tests.accuracies}),
    trainingSeconds,
    seconds: (performance.now() - began) / 1000,
  };
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([{...test}, {...seen}, {...kept}]);
  return {record, spectra: watch?.taken ?? []};
}

interface Parts {
  readonly training: Images;
  /** Different images of the same files; `null`: none. */
  readonly validation: Images | null;
  readonly test: Images;
}

/** With all images for training the seed has no part in it. */
function partition({pool, test}: DataSet, {training, validation, test: testSize}: Recipe, seed: number): Parts {
  const tested = testSize === 'all' ? test : first(test, testSize);
  if (training === 'all' && validation === 0) return {training: pool, validation: null, test: tested};
  const order = shuffled(pool.labels.length, deriveSeed(seed, 'split'), 0);
  const kept = order.slice(0, validation);
  const used = order.slice(validation, training === 'all' ? undefined : validation + training);
  return {
    training: imagesAt(pool, used),
    validation: validation === 0 ? null : imagesAt(pool, kept),
    test: tested,
  };
}

function first(images: Images, n: number): Images {
  return imagesAt(
    images,
    Array.from({length: Math.min(n, images.labels.length)}, (_, i) => i),
  );
}

/** Of the data loss on the first training images, in test mode. */
async function curvatureOf(tf: TensorFlow, model: LayersModel, {x, y}: Examples, seed: number): Promise<Curvature> {
  const count = Math.min(WATCHED, x.shape[0]!);
  const batch = {x: x.slice(0, count), y: y.slice(0, count), training: false};
  const H = await hessian(model, batch);
  const {trace, largest} = await spectrum(H, {steps: 10, probes: 8, seed: deriveSeed(seed, 'curvature')});
  H.dispose();
  tf.dispose([batch.x, batch.y]);
  return {trace: trace.value, traceError: trace.standardError, top: largest[0]!.value};
}
