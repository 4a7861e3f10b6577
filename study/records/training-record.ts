import type {Job} from '../jobs.js';

export interface Evaluation {
  /** `null` where it is not finite. */
  readonly loss: number | null;
  /** 0 to 1. */
  readonly accuracy: number;
}

/** What a training has come to. */
export interface TrainingRecord extends Job {
  readonly training: Evaluation;
  readonly validation: Evaluation;
  /** `null` in the tuning, which does not look at test images. */
  readonly test: Evaluation | null;
  /** What was minimized, penalties included: each epoch's mean. */
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

/** How long one training step took in the timing pass, beside plain ones before and after it. */
export interface TimingRecord {
  readonly model: string;
  readonly arm: string;
  readonly round: number;
  readonly milliseconds: number;
  /** The mean of the neighbouring plain steps. */
  readonly plain: number;
}
