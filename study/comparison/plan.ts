import type {ConfigName, DataSetName} from '../config.js';
import type {PenaltyPlan, Recipe} from '../recipe/recipe.js';
import type {Grid} from './search.js';

export const comparedArms = [
  'none',
  'l2',
  'dropout',
  'label-smoothing',
  'sam',
  'htr-all',
  'htr-middle',
  'htr-first',
  'htr-last',
  'htr-joint',
  'seht-d',
] as const;
export type ComparedArm = (typeof comparedArms)[number];

export const comparedArmTitles: Readonly<Record<ComparedArm, string>> = {
  none: 'none',
  l2: 'L2',
  dropout: 'dropout',
  'label-smoothing': 'label smoothing',
  sam: 'SAM',
  'htr-all': 'HTR, all layers',
  'htr-middle': 'HTR, middle layer',
  'htr-first': 'HTR, first layer',
  'htr-last': 'HTR, last layer',
  'htr-joint': 'HTR, one joint probe',
  'seht-d': 'SEHT-D, all layers',
};

/** Whether an arm penalizes the trace. */
export function isPenaltyArm(arm: string): boolean {
  return arm.startsWith('htr-') || arm === 'seht-d';
}

/** What a regularizer of a strength adds to a recipe. */
export function armOf(arm: ComparedArm, strength: number): Partial<Recipe> {
  const penalty = (of: Partial<PenaltyPlan>): Partial<Recipe> => ({penalty: {...everyStep, strength, ...of}});
  switch (arm) {
    case 'none':
      return {};
    case 'l2':
      return {weightDecay: strength};
    case 'dropout':
      return {dropout: strength};
    case 'label-smoothing':
      return {labelSmoothing: strength};
    case 'sam':
      return {sharpnessAware: strength};
    case 'htr-all':
      return penalty({});
    case 'htr-middle':
      return penalty({layers: ['dense_3']});
    case 'htr-first':
      return penalty({layers: ['conv_1']});
    case 'htr-last':
      return penalty({layers: ['dense_5']});
    case 'htr-joint':
      return penalty({probe: 'joint'});
    case 'seht-d':
      return penalty({estimator: 'dropout'});
  }
}

const everyStep: Omit<PenaltyPlan, 'strength'> = {
  ...{layers: 'all', probes: 1, distribution: 'rademacher', probe: 'independent', estimator: 'hutchinson'},
  ...{everyInEpoch: 1, fromEpoch: 0},
};

/** Log-uniform grids. Penalties begin at 1e-7. */
export const grids: Readonly<Record<Exclude<ComparedArm, 'none'> | 'learning-rate', Grid>> = {
  'learning-rate': {first: [0.003, 0.01, 0.03, 0.1, 0.3], lowest: 1e-4, highest: 10},
  l2: powersOfTen(-7, -2),
  dropout: {first: [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4], lowest: 0.001, highest: 0.8},
  'label-smoothing': {first: [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4], lowest: 0.001, highest: 0.8},
  sam: {first: [0.0125, 0.025, 0.05, 0.1, 0.2, 0.4], lowest: 0.001, highest: 7},
  'htr-all': powersOfTen(-7, -2),
  'htr-middle': powersOfTen(-7, -2),
  'htr-first': powersOfTen(-7, -2),
  'htr-last': powersOfTen(-7, -2),
  'htr-joint': powersOfTen(-7, -2),
  'seht-d': powersOfTen(-7, -2),
};

function powersOfTen(from: number, to: number): Grid {
  const first = Array.from({length: to - from + 1}, (_, i) => Number(`1e${from + i}`));
  return {first, lowest: 1e-10, highest: 1e4};
}

/** How many images, and how they are trained on. */
export interface Budget {
  readonly name: string;
  /** In the final trainings. */
  readonly training: number | 'all';
  /** In the trials, beside those for validation. */
  readonly tuning: number | 'all';
  readonly batchSize: number;
  readonly epochs: number;
}

export interface ComparisonPlan {
  readonly dataSets: readonly DataSetName[];
  readonly budgets: readonly Budget[];
  readonly arms: readonly ComparedArm[];
  readonly validation: number;
  readonly test: number | 'all';
  /** Of each regularizer, and of the learning rate; more of each where a best value is still at an end. */
  readonly trials: number;
  /** No more than this, even if a best value is at an end. */
  readonly mostTrials: number;
  readonly seeds: number;
}

const full: ComparisonPlan = {
  dataSets: ['mnist', 'fashion-mnist'],
  budgets: [
    {name: '1000', training: 1000, tuning: 1000, batchSize: 50, epochs: 60},
    {name: '10000', training: 10_000, tuning: 10_000, batchSize: 128, epochs: 40},
    {name: '60000', training: 'all', tuning: 'all', batchSize: 256, epochs: 30},
  ],
  arms: comparedArms,
  validation: 5000,
  test: 'all',
  trials: 9,
  mostTrials: 14,
  seeds: 10,
};

/** Three images a step are enough to run through all of it. */
export const comparisonPlans: Readonly<Record<ConfigName, ComparisonPlan>> = {
  full,
  quick: {
    ...full,
    dataSets: ['mnist'],
    budgets: [{name: '200', training: 200, tuning: 200, batchSize: 25, epochs: 3}],
    ...{validation: 200, test: 500, trials: 6, mostTrials: 6, seeds: 2},
  },
  ci: {
    ...full,
    dataSets: ['mnist'],
    budgets: [{name: '60', training: 60, tuning: 60, batchSize: 30, epochs: 1}],
    arms: ['none', 'sam'],
    ...{validation: 50, test: 50, trials: 6, mostTrials: 7, seeds: 2},
  },
};
