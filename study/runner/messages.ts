import type {StudyConfig} from '../config.js';
import type {Job} from '../jobs.js';
import type {Followed} from '../recipe/follow.js';
import type {RecipeJob} from '../recipe/recipe-record.js';
import type {TimingRecord, TrainingRecord} from '../records/training-record.js';

/** The arguments of a worker. */
export interface WorkerArgs {
  readonly config: StudyConfig;
  /** The folder of the records. */
  readonly folder: string;
  /** The folder of CIFAR's files, if there is one. */
  readonly cifar: string | null;
  readonly device: 'cpu' | 'gpu';
}

export type ToWorker =
  | ({readonly kind: 'start'} & WorkerArgs)
  | {readonly kind: 'train'; readonly job: Job}
  | {readonly kind: 'follow'; readonly job: RecipeJob}
  | {readonly kind: 'time'; readonly model: Job['model']};

export type FromWorker =
  | {readonly kind: 'ready'; readonly engine: string}
  | {readonly kind: 'trained'; readonly record: TrainingRecord}
  | ({readonly kind: 'followed'} & Followed)
  | {readonly kind: 'timed'; readonly timings: readonly TimingRecord[]}
  | {readonly kind: 'failed'; readonly message: string};
