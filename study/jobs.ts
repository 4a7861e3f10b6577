import type {ArmName} from './arms.js';
import type {DataSetName, StudyConfig} from './config.js';
import type {ModelName} from './models.js';

/** One training. */
export interface Job {
  /** The name of its records: equal trainings have equal names. */
  readonly id: string;
  /** `tuning`: for the choice of a strength; `final`: at the chosen one. */
  readonly phase: 'tuning' | 'final';
  readonly dataSet: DataSetName;
  readonly model: ModelName;
  readonly arm: ArmName;
  readonly strength: number;
  readonly seed: number;
}

/** Seeds of the tuning begin here, those of the final trainings at 1. */
const TUNING_SEEDS = 1001;

function job(of: Omit<Job, 'id'>): Job {
  const {phase, dataSet, model, arm, strength, seed} = of;
  return {id: `${phase}_${dataSet}_${model}_${arm}_${strength}_${seed}`, ...of};
}

/** The trainings for the choice of strengths. An arm with one strength needs none. */
export function tuningJobs({pairs, arms, strengths, tuningSeeds}: StudyConfig): Job[] {
  return range(tuningSeeds).flatMap(i =>
    pairs.flatMap(pair =>
      arms
        .filter(arm => strengths[pair.model][arm].length > 1)
        .flatMap(arm =>
          strengths[pair.model][arm].map(strength =>
            job({phase: 'tuning', ...pair, arm, strength, seed: TUNING_SEEDS + i}),
          ),
        ),
    ),
  );
}

/** Returns the strength of a regularizer. */
export type Choice = (dataSet: DataSetName, model: ModelName, arm: ArmName) => number;

/** The final trainings, seed by seed, so that a study that stops early has equally many of each. */
export function finalJobs({pairs, arms, models}: StudyConfig, choice: Choice): Job[] {
  const most = Math.max(...pairs.map(({model}) => models[model].seeds));
  return range(most).flatMap(i =>
    pairs
      .filter(({model}) => i < models[model].seeds)
      .flatMap(pair =>
        arms.map(arm =>
          job({phase: 'final', ...pair, arm, strength: choice(pair.dataSet, pair.model, arm), seed: 1 + i}),
        ),
      ),
  );
}

/** The approximate time of a training, in trainings of the MLP, to predict the remaining time. */
export function weightOf({phase, model, arm}: Job, {models}: StudyConfig): number {
  const step = {mlp: 1, lenet: 1.6, vgg: 4}[model] * models[model].epochs;
  const regularized = {none: 1, l2: 1.1, dropout: 1.2}[arm as 'none'] ?? (arm.startsWith('htr-') ? 1.8 : 2.5);
  const spectra = phase === 'tuning' ? 0 : arm === 'none' ? 5 : 0.3;
  return step * (regularized + spectra);
}

function range(n: number): number[] {
  return Array.from({length: n}, (_, i) => i);
}
