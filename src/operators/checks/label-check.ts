import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import type {Batch} from '../../model/batch.js';
import {standardizeBatch} from '../../model/batch.js';
import {likelihoodLosses} from '../../model/output-layer.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';
import type {PendingCheck} from '../from-model/linearized-loss.js';

/** The sparse labels of an output. It owns them. */
interface HeldLabels {
  readonly output: string;
  readonly classes: number;
  readonly labels: Tensor;
}

/**
 * Checks that the sparse labels of a batch are classes: whole numbers from 0 to the number of classes minus 1.
 *
 * TensorFlow.js silently gives a sample with any other label the loss 0, and so the curvature 0.
 */
export function labelCheck(model: LayersModel, batch: Batch): PendingCheck {
  const held = holdSparseLabels(model, batch);
  const dispose = () => {
    for (const {labels} of held) labels.dispose();
  };
  return {
    dispose,
    async confirm() {
      try {
        for (const {output, classes, labels} of held) requireClasses(output, classes, await labels.data());
      } finally {
        dispose();
      }
    },
  };
}

function holdSparseLabels(model: LayersModel, batch: Batch): HeldLabels[] {
  const losses = likelihoodLosses(model);
  if (!losses.includes('sparseCategoricalCrossentropy')) return [];
  const {outputNames} = trainingModel(model);
  return inScope(() => {
    const {targets} = standardizeBatch(model, batch);
    return losses.flatMap((loss, i) => {
      const classes = model.outputs[i]?.shape.at(-1);
      if (loss !== 'sparseCategoricalCrossentropy' || typeof classes !== 'number') return [];
      return [{output: outputNames[i]!, classes, labels: tf.keep(targets[i]!.clone())}];
    });
  });
}

/** @throws InvalidArgumentError for a label that is not a class. */
function requireClasses(output: string, classes: number, labels: ArrayLike<number>): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    if (Number.isInteger(label) && label >= 0 && label < classes) continue;
    throw new InvalidArgumentError(
      `Label ${label} (entry ${i} of y, output "${output}") is no class: with sparseCategoricalCrossentropy and ${classes} ` +
        `classes, labels are whole numbers from 0 to ${classes - 1}. Labels count from 0; subtract the smallest, give the ` +
        "model's last layer more units, or leave out samples without a label.",
    );
  }
}
