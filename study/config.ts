import type {ArmName} from './arms.js';
import {armNames} from './arms.js';
import type {SplitSizes} from './data/split.js';
import type {ModelName} from './models.js';

export const dataSetNames = ['mnist', 'fashion-mnist', 'cifar-10', 'cifar-100'] as const;
export type DataSetName = (typeof dataSetNames)[number];

export const dataSetTitles: Readonly<Record<DataSetName, string>> = {
  mnist: 'MNIST',
  'fashion-mnist': 'Fashion-MNIST',
  'cifar-10': 'CIFAR-10',
  'cifar-100': 'CIFAR-100',
};

export const classCounts: Readonly<Record<DataSetName, number>> = {
  mnist: 10,
  'fashion-mnist': 10,
  'cifar-10': 10,
  'cifar-100': 100,
};

/** How a model is trained and measured. */
export interface ModelPlan {
  readonly learningRate: number;
  readonly momentum: number;
  readonly epochs: number;
  /** The number of trainings of each regularizer at its chosen strength, each with different images, weights and batches. */
  readonly seeds: number;
  /** The number of training images for spectra; the first ones of the seed are used. */
  readonly watched: number;
  /** The epochs, counted from 1, after which spectra are taken, besides initialization, the fifth step and the end. */
  readonly spectraAfter: readonly number[];
  /** Whether the Gauss–Newton matrix is measured as often as the Hessian, or only at both ends of training. */
  readonly gaussNewton: 'as often' | 'at the ends';
}

export type Strengths = Readonly<Record<ArmName, readonly number[]>>;

export interface StudyConfig {
  readonly pairs: readonly {readonly dataSet: DataSetName; readonly model: ModelName}[];
  readonly models: Readonly<Record<ModelName, ModelPlan>>;
  readonly sizes: SplitSizes;
  readonly batchSize: number;
  readonly arms: readonly ArmName[];
  /** The strengths to try for each regularizer, equally many for all. One is chosen on validation images. */
  readonly strengths: Readonly<Record<ModelName, Strengths>>;
  /** The number of trainings of each strength for the choice; their seeds are not used again. */
  readonly tuningSeeds: number;
  /** Lanczos steps and probes of the spectra. */
  readonly spectra: {readonly steps: number; readonly probes: number};
  /** The same at the end of every training, for the trace and the top eigenvalue. */
  readonly ends: {readonly steps: number; readonly probes: number};
  /** Rounds of the timing pass. */
  readonly timingRounds: number;
}

/** Factors of five around values with which trial trainings did not diverge; their seed is not used again. */
function strengths(penalty: readonly number[]): Strengths {
  return {
    none: [0],
    l2: [2e-4, 1e-3, 5e-3],
    dropout: [0.1, 0.25, 0.5],
    'seht-d': penalty,
    'htr-all': penalty,
    'htr-middle': penalty,
    'htr-first': penalty,
    'htr-last': penalty,
  };
}

const ofSmallNetworks = strengths([4e-4, 2e-3, 1e-2]);
/** With batch normalization the trace has no lower bound, and larger strengths make trainings diverge. */
const ofVgg = strengths([2e-5, 1e-4, 5e-4]);

const smallNetwork: ModelPlan = {
  ...{learningRate: 0.02, momentum: 0.9, epochs: 15, seeds: 5, watched: 200},
  ...{spectraAfter: [1, 2, 4, 8], gaussNewton: 'as often'},
};

const full: StudyConfig = {
  pairs: [
    {dataSet: 'mnist', model: 'mlp'},
    {dataSet: 'mnist', model: 'lenet'},
    {dataSet: 'fashion-mnist', model: 'mlp'},
    {dataSet: 'fashion-mnist', model: 'lenet'},
    {dataSet: 'fashion-mnist', model: 'vgg'},
  ],
  models: {
    mlp: smallNetwork,
    lenet: smallNetwork,
    vgg: {
      ...{learningRate: 0.02, momentum: 0.9, epochs: 10, seeds: 5, watched: 100},
      ...{spectraAfter: [2], gaussNewton: 'at the ends'},
    },
  },
  sizes: {training: 1000, validation: 3000, test: 10_000},
  batchSize: 50,
  arms: armNames,
  strengths: {mlp: ofSmallNetworks, lenet: ofSmallNetworks, vgg: ofVgg},
  tuningSeeds: 1,
  spectra: {steps: 20, probes: 2},
  ends: {steps: 10, probes: 4},
  timingRounds: 30,
};

function smaller(of: Partial<ModelPlan>): StudyConfig['models'] {
  const {mlp, lenet, vgg} = full.models;
  return {mlp: {...mlp, ...of}, lenet: {...lenet, ...of}, vgg: {...vgg, ...of}};
}

function fewer(of: Strengths): Strengths {
  return Object.fromEntries(
    Object.entries(of).map(([arm, values]) => [arm, values.slice(0, 2)]),
  ) as unknown as Strengths;
}

const quick: StudyConfig = {
  ...full,
  pairs: [
    {dataSet: 'mnist', model: 'mlp'},
    {dataSet: 'mnist', model: 'lenet'},
    {dataSet: 'fashion-mnist', model: 'vgg'},
  ],
  models: smaller({epochs: 2, seeds: 2, watched: 50, spectraAfter: [1], gaussNewton: 'at the ends'}),
  sizes: {training: 300, validation: 300, test: 1000},
  strengths: {mlp: fewer(ofSmallNetworks), lenet: fewer(ofSmallNetworks), vgg: fewer(ofVgg)},
  tuningSeeds: 1,
  spectra: {steps: 8, probes: 2},
  ends: {steps: 6, probes: 2},
  timingRounds: 6,
};

const ci: StudyConfig = {
  ...quick,
  pairs: [
    {dataSet: 'mnist', model: 'mlp'},
    {dataSet: 'mnist', model: 'lenet'},
  ],
  models: smaller({epochs: 1, seeds: 2, watched: 20, spectraAfter: [], gaussNewton: 'at the ends'}),
  sizes: {training: 60, validation: 50, test: 100},
  batchSize: 20,
  arms: ['none', 'l2', 'htr-all', 'htr-middle'],
  spectra: {steps: 4, probes: 2},
  ends: {steps: 3, probes: 2},
  timingRounds: 2,
};

export const configs = {full, quick, ci} as const;
export type ConfigName = keyof typeof configs;

/** The configuration with CIFAR-10 for every model too, if its files are available. */
export function withCifar(config: StudyConfig): StudyConfig {
  const models = [...new Set(config.pairs.map(({model}) => model))];
  return {...config, pairs: [...config.pairs, ...models.map(model => ({dataSet: 'cifar-10' as const, model}))]};
}
