import type {BlockSpectrum, GradientRecord, LayerSpectrum, StabilityRecord} from '../metrics/records.js';

/** The cost of a sample. */
export interface SampleCost {
  /** Cost in gradients of the loss on the same batch. */
  readonly gradientPasses: number;
  /** Milliseconds from the moment at which the sample was due; with a background worker, training continued meanwhile. */
  readonly milliseconds: number;
  /** The share of the training time, 0 to 1, that training has waited for samples so far. */
  readonly shareOfTraining: number;
  /**
   * The number of samples that were due since the one before and were skipped because the worker was busy; 0 without a
   * worker.
   */
  readonly skipped: number;
}

/** The curvature of a model's loss at one moment of its training. Plain data that survives JSON. */
export interface HessianSample {
  /** 2; 1 in files of earlier versions, which do not say how near the optimizer was to its edge of stability. */
  readonly schema: 1 | 2;
  /** The id of the `fit` to which it belongs. */
  readonly run: string;
  /** The number of the sample within the run, from 0. */
  readonly index: number;
  /** The epoch within the fit, from 0, as tfjs-layers counts. */
  readonly epoch: number;
  /** The batch within the epoch, from 0; `null` for a sample at the end of an epoch. */
  readonly batch: number | null;
  /** Optimizer steps over all fits of the callback; with `restart: true`, within this fit. */
  readonly step: number;
  /**
   * The epoch, from 0, counted over all fits of the callback. Files of earlier versions do not have this field and the next
   * three.
   */
  readonly totalEpoch?: number;
  /** The number of the fit, from 0. */
  readonly fit?: number;
  /** Optimizer steps within this fit. */
  readonly fitStep?: number;
  /**
   * The id of the first run of the training. All fits of one model by one callback are one training, unless `restart: true`
   * is set.
   */
  readonly training?: string;
  /** The time in ISO 8601. */
  readonly time: string;
  /** The loss on the batch of the sample, without regularizers. */
  readonly loss: number;
  readonly batchSize: number;
  readonly learningRate: number | null;
  readonly full: BlockSpectrum;
  readonly layers: LayerSpectrum[];
  /** ‖w‖₂ of the weights of each layer. */
  readonly weightNorms: Record<string, number>;
  /**
   * How near the optimizer in use was to its edge of stability, with the state that it had at this step; `null` if that is
   * unknown.
   */
  readonly stability: StabilityRecord | null;
  /** Statistics of the gradient, if the callback has `gradients`. */
  readonly gradients?: GradientRecord;
  /** Why `stability` is `null`. */
  readonly noStability?: string;
  readonly cost: SampleCost;
}

/** A sample that failed. Training is not affected. */
export interface SampleFailure {
  readonly error: Error;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
}
