import type {Job} from '../jobs.js';

export interface Evaluation {
  /** `null` where it is not finite. */
  readonly loss: number | null;
  /** 0 to 1. */
  readonly accuracy: number;
}

/** The results of a training. */
export interface TrainingRecord extends Job {
  readonly training: Evaluation;
  readonly validation: Evaluation;
  /** `null` in the tuning, which does not look at test images. */
  readonly test: Evaluation | null;
  /** Each epoch's mean of what was minimized, with penalties. */
  readonly losses: readonly (number | null)[];
  /** The runs of its samples: of the Hessian and the Gauss–Newton matrix over training, and of the Hessian at the end. */
  readonly runs: Readonly<Record<SampleKind, string | null>>;
  /** Of the whole job, spectra and evaluations included. */
  readonly seconds: number;
  /** Why samples are missing. */
  readonly failures: readonly string[];
}

export const sampleKinds = ['hessian', 'gauss-newton', 'end'] as const;
export type SampleKind = (typeof sampleKinds)[number];

/** The time of one training step in the timing pass, and of the plain steps before and after it. */
export interface TimingRecord {
  readonly model: string;
  readonly arm: string;
  readonly round: number;
  readonly milliseconds: number;
  /** The mean of the neighbouring plain steps. */
  readonly plain: number;
}
