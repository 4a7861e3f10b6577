import type {BlockSpectrum, LayerSpectrum} from '../metrics/records.js';

/** What a sample has cost. */
export interface SampleCost {
  /** In gradients of the loss on the same batch. */
  readonly gradientPasses: number;
  readonly milliseconds: number;
  /** All sampling of this run until now, as a share of the run's time, 0 to 1. */
  readonly shareOfTraining: number;
}

/** The curvature of a model's loss at one moment of its training. Plain data that survives JSON. */
export interface HessianSample {
  readonly schema: 1;
  /** Which `fit` it belongs to. */
  readonly run: string;
  /** The run's n-th sample, from 0. */
  readonly index: number;
  /** From 0, as tfjs counts. */
  readonly epoch: number;
  /** The batch within the epoch, from 0; `null` for a sample at an epoch's end. */
  readonly batch: number | null;
  /** Optimizer steps that are done. */
  readonly step: number;
  /** ISO 8601. */
  readonly time: string;
  /** On the sample's batch, without regularizers. */
  readonly loss: number;
  readonly batchSize: number;
  readonly learningRate: number | null;
  readonly full: BlockSpectrum;
  readonly layers: LayerSpectrum[];
  readonly cost: SampleCost;
}

/** A sample that failed. It never ends or alters a training. */
export interface SampleFailure {
  readonly error: Error;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
}
