import type {Machine} from '../harness/machine.js';

/** The numbers of a block at one moment. */
export interface BlockValues {
  readonly trace: number;
  readonly top: number;
  readonly bottom: number;
  /** Top / trace. */
  readonly ratio: number;
  readonly effectiveRank: number;
  readonly outliers: number;
  /** The share of eigenvalues below zero, 0 to 1. */
  readonly negativeMass: number;
}

export interface LayerValues extends BlockValues {
  readonly name: string;
  readonly parameters: number;
  /** The layer's part of the sum of the layers' traces. */
  readonly traceShare: number;
  /** The Wasserstein distance of its density from the network's, both scaled to unit largest magnitude. */
  readonly similarity: number;
}

export const moments = ['start', 'epoch 1', 'half', 'end'] as const;
export type Moment = (typeof moments)[number];

export interface MomentValues extends BlockValues {
  readonly moment: Moment;
  /** Of the batch. */
  readonly loss: number;
  /** How near the optimizer is to its edge; `null` before Adam's first step. */
  readonly stability: number | null;
  readonly layers: readonly LayerValues[];
}

export const optimizers = ['SGD', 'Adam'] as const;
export type OptimizerName = (typeof optimizers)[number];
export const dataSets = ['MNIST', 'Fashion-MNIST'] as const;
export type DataSetName = (typeof dataSets)[number];

export interface TrainingValues {
  readonly network: string;
  readonly data: DataSetName;
  readonly optimizer: OptimizerName;
  readonly seed: number;
  readonly parameters: number;
  readonly testAccuracy: number;
  readonly moments: readonly MomentValues[];
}

/** What is normal: trainings of small networks. */
export interface ValuesRecord {
  readonly date: string;
  readonly machine: Machine;
  readonly images: number;
  readonly epochs: number;
  readonly batchSize: number;
  /** Images on which the curvature is taken. */
  readonly sampled: number;
  readonly learningRates: Readonly<Record<OptimizerName, number>>;
  readonly steps: number;
  readonly probes: number;
  readonly traceProbes: number;
  readonly trainings: readonly TrainingValues[];
}

/** One batch of a trained network. */
export interface BatchValues {
  readonly size: number;
  readonly loss: number;
  readonly trace: number;
  readonly top: number;
}

/** Estimates with one setting, over seeds: medians. */
export interface SettingValues {
  readonly steps: number;
  readonly probes: number;
  readonly traceProbes: number;
  /** |estimate − exact| / exact. */
  readonly traceError: number;
  /** The standard error that the estimate states, over the trace. */
  readonly traceStated: number;
  readonly topError: number;
  /** The residual over the eigenvalue. */
  readonly topStated: number;
  /** The width of the 95 % interval of the share of eigenvalues below zero, 0 to 1. */
  readonly negativeWidth: number;
}

/** How the numbers depend on the batch and on the settings: the CNN on MNIST, with Adam, after some epochs. */
export interface SettingsRecord {
  readonly date: string;
  readonly machine: Machine;
  readonly epochs: number;
  readonly parameters: number;
  readonly batches: readonly BatchValues[];
  /** Images of the batch on which the settings are compared. */
  readonly batchSize: number;
  readonly seeds: number;
  readonly trace: number;
  readonly top: number;
  readonly settings: readonly SettingValues[];
}

/** What a sample of one network takes. */
export interface CostValues {
  readonly network: string;
  readonly parameters: number;
  readonly layers: number;
  readonly batchSize: number;
  /** Milliseconds; the fastest of some. */
  readonly gradient: number;
  readonly product: number;
  /** Seconds of processor time, of all threads: the faster one of two samples; of long ones, the only one. */
  readonly sample: number;
  /** The rise of the process' peak of memory over what it held before the samples, in bytes. */
  readonly peak: number;
  /** The share of all cores' time that other processes used meanwhile, 0 to 1; `null` if unknown. */
  readonly others: number | null;
  /** What `estimateCost` says before. */
  readonly estimate: {readonly gradientPasses: number; readonly seconds: number; readonly bytes: number};
}

export interface CostsRecord {
  readonly date: string;
  readonly machine: Machine;
  readonly steps: number;
  readonly probes: number;
  readonly traceProbes: number;
  readonly costs: readonly CostValues[];
}

/** What docs/reading-the-numbers.md is made of. */
export interface TypicalRecords {
  readonly values: ValuesRecord;
  readonly settings: SettingsRecord;
  readonly costs: CostsRecord;
}
