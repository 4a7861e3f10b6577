import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../../model/batch.js';
import type {MeasureArgs, Measurement} from '../sampling/measure-curvature.js';
import type {Edge} from '../sampling/read-edge.js';

/** Takes the samples of one callback elsewhere, while training continues. */
export interface Sampler {
  /** Whether no more samples are taken until the next run. */
  readonly isDead: boolean;
  /** Whether as many samples wait as may. */
  readonly isFull: boolean;
  /** Called when a run begins. */
  open(): void;
  /**
   * Measures the model on the batch, both as they are at the call. It owns the scales of the edge.
   *
   * The caller may change both as soon as the call returns.
   *
   * @param training the name of the training.
   */
  measure(model: LayersModel, batch: Batch, args: MeasureArgs, edge: Edge, training: string): Promise<Measurement>;
  /** Gives up the samples that have not come yet. */
  dispose(): void;
}

/** How a callback takes its samples in the background. */
export interface SamplerPlan {
  /** Makes the sampler of a callback. */
  readonly make: () => Sampler;
  /** Milliseconds that the end of a fit waits for the samples that have not come yet. */
  readonly waitAtEnd: number;
}
