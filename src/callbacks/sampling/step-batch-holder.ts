import type {Tensor} from '@tensorflow/tfjs-core';
import type {Batch} from '../../model/batch.js';
import {disposeBatch, holdBatch} from '../../model/batch-tensors.js';
import type {StepBatch, StepObserver} from '../../model/training-step.js';

/** Holds the data of the newest training step: references to it, no copies. */
export class StepBatchHolder implements StepObserver {
  private held: Batch | null = null;

  onStepBegin({inputs, targets, sampleWeights}: StepBatch): void {
    this.release();
    this.held = holdBatch({
      x: inputs as Tensor[],
      y: targets as Tensor[],
      ...(sampleWeights.some(weights => weights !== null) && {sampleWeight: sampleWeights as Tensor[]}),
    });
  }

  /** The newest step's batch, which stays the holder's; `null` before the first step. */
  batch(): Batch | null {
    return this.held;
  }

  release(): void {
    if (this.held !== null) disposeBatch(this.held);
    this.held = null;
  }
}
