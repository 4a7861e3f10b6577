import type {Tensor} from '@tensorflow/tfjs-core';
import type {Batch} from '../../model/batch.js';
import {disposeBatch, holdBatch} from '../../model/batch-tensors.js';
import type {StepBatch, StepObserver} from '../../model/training-step.js';

/** Holds references to the batch of the newest training step. */
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

  /** The batch of the newest step, which stays the property of this object; `null` before the first step. */
  batch(): Batch | null {
    return this.held;
  }

  release(): void {
    if (this.held !== null) disposeBatch(this.held);
    this.held = null;
  }
}
