import type {StudyConfig} from '../config.js';
import type {Job} from '../jobs.js';
import type {TimingRecord, TrainingRecord} from '../records/training-record.js';

/** What a worker is started with. */
export interface WorkerArgs {
  readonly config: StudyConfig;
  /** Of the records. */
  readonly folder: string;
  /** Of CIFAR-10's files, where there are any. */
  readonly cifar: string | null;
}

export type ToWorker =
  | ({readonly kind: 'start'} & WorkerArgs)
  | {readonly kind: 'train'; readonly job: Job}
  | {readonly kind: 'time'; readonly model: Job['model']};

export type FromWorker =
  | {readonly kind: 'ready'; readonly engine: string}
  | {readonly kind: 'trained'; readonly record: TrainingRecord}
  | {readonly kind: 'timed'; readonly timings: readonly TimingRecord[]}
  | {readonly kind: 'failed'; readonly message: string};
