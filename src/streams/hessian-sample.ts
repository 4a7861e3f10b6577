import type {BlockSpectrum, LayerSpectrum} from '../metrics/records.js';

/** What a sample has cost. */
export interface SampleCost {
  /** In gradients of the loss on the same batch. */
  readonly gradientPasses: number;
  /** From the moment at which it was due; in the background, training went on meanwhile. */
  readonly milliseconds: number;
  /** What training has waited for samples until now, as a share of the run's time, 0 to 1. */
  readonly shareOfTraining: number;
  /** How many samples were due since the one before and were left out, as the worker was busy; 0 in the foreground. */
  readonly skipped: number;
}

/** The curvature of a model's loss at one moment of its training. Plain data that survives JSON. */
export interface HessianSample {
  readonly schema: 1;
  /** Which `fit` it belongs to. */
  readonly run: string;
  /** The run's n-th sample, from 0. */
  readonly index: number;
  /** The fit's own, from 0, as tfjs counts. */
  readonly epoch: number;
  /** The batch within the epoch, from 0; `null` for a sample at an epoch's end. */
  readonly batch: number | null;
  /** Optimizer steps that are done, over all fits of the callback; with `restart: true`, of this fit. */
  readonly step: number;
  /** The epoch, from 0, counted over all fits of the callback as `step` is. Files of earlier versions leave it out. */
  readonly totalEpoch?: number;
  /** Which of the callback's fits it is, from 0. */
  readonly fit?: number;
  /** Optimizer steps of this fit that are done. */
  readonly fitStep?: number;
  /**
   * The run with which the training began: the fits of one model by one callback are one training, unless it has
   * `restart: true`.
   */
  readonly training?: string;
  /** ISO 8601. */
  readonly time: string;
  /** On the sample's batch, without regularizers. */
  readonly loss: number;
  readonly batchSize: number;
  readonly learningRate: number | null;
  readonly full: BlockSpectrum;
  readonly layers: LayerSpectrum[];
  /** ‖w‖₂ of the weights of each of the model's layers. */
  readonly weightNorms: Record<string, number>;
  readonly cost: SampleCost;
}

/** A sample that failed. It never ends or alters a training. */
export interface SampleFailure {
  readonly error: Error;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
}
