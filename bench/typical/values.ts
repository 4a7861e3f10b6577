import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {compileTraining, hessian, layerwiseSpectra, stability} from 'tfjs-hessian';
import {type BlockSpectrum, builtInMetrics, type LayerSpectrum} from 'tfjs-hessian/metrics';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {DataSet} from '../../study/data/images.js';
import {type Examples, type Split, splitFor} from '../../study/data/split.js';
import {shuffledBatches} from '../../study/training/batches.js';
import {type NetworkName, networks, type TypicalNetwork} from './networks.js';
import type {BlockValues, DataSetName, Moment, MomentValues, OptimizerName, TrainingValues} from './record.js';

export const IMAGES = 5000;
export const EPOCHS = 8;
export const BATCH_SIZE = 64;
export const SAMPLED = 256;
export const LEARNING_RATES = {SGD: 0.1, Adam: 1e-3} as const;
/** The callback's defaults. */
export const WORK = {steps: 20, probes: 2, traceProbes: 10} as const;

const TEST_IMAGES = 2000;

export interface Job {
  readonly name: NetworkName;
  readonly data: DataSetName;
  readonly optimizer: OptimizerName;
  readonly seed: number;
}

/** A training that measures its curvature on the same images before the first step, after an epoch, half of them, and all. */
export async function trainAndMeasure(tf: TensorFlow, job: Job, images: DataSet): Promise<TrainingValues> {
  const {name, data, optimizer, seed} = job;
  const network = networks[name];
  const split = shaped(tf, network, splitFor(tf, images, {training: IMAGES, validation: 0, test: TEST_IMAGES}, seed));
  const batch = {x: split.training.x.slice(0, SAMPLED), y: split.training.y.slice(0, SAMPLED)};
  const model = compiledModel(tf, network, optimizer, seed);
  const undo = compileTraining(model);
  const batches = shuffledBatches(tf, split.training, BATCH_SIZE, seed);
  const measured: MomentValues[] = [await measure('start', model, batch, seed)];
  let done = 0;
  for (const [moment, epochs] of [
    ['epoch 1', 1],
    ['half', EPOCHS / 2],
    ['end', EPOCHS],
  ] as const) {
    await model.fitDataset(batches, {initialEpoch: done, epochs, verbose: 0});
    done = epochs;
    measured.push(await measure(moment, model, batch, seed));
  }
  const [loss, accuracy] = model.evaluate(split.test.x, split.test.y, {batchSize: 500}) as Scalar[];
  const testAccuracy = accuracy!.dataSync()[0]!;
  const parameters = model.countParams();
  undo();
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([loss!, accuracy!, batch, {...split.training}, {...split.test}]);
  return {network: name, data, optimizer, seed, parameters, testAccuracy: rounded(testAccuracy), moments: measured};
}

export function compiledModel(tf: TensorFlow, network: TypicalNetwork, optimizer: OptimizerName, seed: number) {
  const model = network.build(tf, seed);
  const make = {SGD: tf.train.sgd, Adam: tf.train.adam}[optimizer];
  model.compile({
    optimizer: make(LEARNING_RATES[optimizer]),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

/** A split with its images in the network's shape; takes over its tensors. */
export function shaped(tf: TensorFlow, network: TypicalNetwork, split: Split): Omit<Split, 'validation'> {
  tf.dispose({...split.validation});
  const one = ({x, y}: Examples): Examples => {
    const own: Tensor = network.shape(tf, x);
    x.dispose();
    return {x: own, y};
  };
  return {training: one(split.training), test: one(split.test)};
}

async function measure(moment: Moment, model: LayersModel, batch: Examples, seed: number): Promise<MomentValues> {
  const H = await hessian(model, batch);
  try {
    const {full, layers} = await layerwiseSpectra(H, {...WORK, seed});
    const hasStepped = moment !== 'start' || model.optimizer.getClassName() === 'SGD';
    const edge = hasStepped ? await stability(H, model.optimizer, {seed}) : null;
    return {
      moment,
      loss: rounded(H.loss),
      stability: edge === null ? null : rounded(edge.ratio),
      ...valuesOf(full, full, layers, null),
      layers: layers.map(layer => ({
        name: layer.name,
        parameters: layer.parameters,
        ...valuesOf(layer, full, layers, layer),
        traceShare: metric('traceShare', layer, full, layers, layer),
        similarity: metric('similarity', layer, full, layers, layer),
      })),
    };
  } finally {
    H.dispose();
  }
}

function valuesOf(
  block: BlockSpectrum,
  full: BlockSpectrum,
  layers: readonly LayerSpectrum[],
  layer: LayerSpectrum | null,
): BlockValues {
  const value = (name: Parameters<typeof metric>[0]) => metric(name, block, full, layers, layer);
  return {
    trace: value('trace'),
    top: value('top'),
    bottom: value('bottom'),
    ratio: value('spectralNormRatio'),
    effectiveRank: value('effectiveRank'),
    outliers: value('outliers'),
    negativeMass: value('negativeMass'),
  };
}

function metric(
  name: keyof typeof builtInMetrics,
  block: BlockSpectrum,
  full: BlockSpectrum,
  layers: readonly LayerSpectrum[],
  layer: LayerSpectrum | null,
): number {
  const result = builtInMetrics[name].compute(block, {full, layers, layer, learningRate: null});
  return rounded(typeof result === 'number' ? result : result.value);
}

/** Records keep four digits. */
export function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
