import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {Batch} from '../../model/batch.js';
import type {StepBatch, StepObserver} from '../../model/training-step.js';

/** Holds the data of the newest training step: references to it, no copies. */
export class StepBatchHolder implements StepObserver {
  private held: {inputs: Tensor[]; targets: Tensor[]; sampleWeights: (Tensor | null)[]} | null = null;

  onStepBegin({inputs, targets, sampleWeights}: StepBatch): void {
    this.release();
    const hold = (tensor: Tensor) => tf.keep(tensor.clone());
    this.held = {
      inputs: inputs.map(hold),
      targets: targets.map(hold),
      sampleWeights: sampleWeights.map(weights => weights && hold(weights)),
    };
  }

  /** The newest step's batch, which stays the holder's; `null` before the first step. */
  batch(): Batch | null {
    if (this.held === null) return null;
    const {inputs, targets, sampleWeights} = this.held;
    return {
      x: inputs,
      y: targets,
      ...(sampleWeights.some(weights => weights !== null) && {sampleWeight: sampleWeights as Tensor[]}),
    };
  }

  release(): void {
    if (this.held === null) return;
    const {inputs, targets, sampleWeights} = this.held;
    for (const tensor of [...inputs, ...targets, ...sampleWeights]) tensor?.dispose();
    this.held = null;
  }
}
