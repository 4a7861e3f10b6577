import type {Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {inScope} from '../autodiff/engine-access.js';
import {requireJets} from '../autodiff/jets.js';
import {Recorder} from '../autodiff/recording.js';
import {UnsupportedKernelError} from '../errors.js';
import {dataLoss} from '../model/data-loss.js';
import {trainingModel} from '../model/layers-internals.js';
import {undisturbed} from '../model/undisturbed.js';

/** Stands for a dimension that a model leaves open, such as a sequence's length. */
const OPEN_DIMENSION = 8;

/**
 * Runs a model once, on zeros, to see whether the curvature of some of its weights can be penalized.
 *
 * A model that cannot be run so (its open dimensions need other sizes) is taken as it is: what is wrong with it then shows
 * in its first step.
 *
 * @throws UnsupportedKernelError where a kernel between the weights and the loss has no jet.
 */
export function requireSecondOrder(model: LayersModel, variables: readonly Variable[]): void {
  const isCompiled = trainingModel(model).lossFunctions !== undefined;
  try {
    inScope(() =>
      undisturbed(model, {training: true, seed: 0}, currentLayer => {
        const recorder = new Recorder(currentLayer);
        try {
          const ends = isCompiled ? [lossOnZeros(model)] : outputsOnZeros(model);
          const {recording} = recorder;
          const starts = variables.flatMap(variable => recording.slotOf(variable) ?? []);
          for (const end of ends) requireJets(recording, starts, recording.touch(end));
        } finally {
          recorder.stop().release();
        }
      }),
    );
  } catch (error) {
    if (error instanceof UnsupportedKernelError) throw error;
  }
}

function lossOnZeros(model: LayersModel): Tensor {
  const {feedOutputShapes} = trainingModel(model);
  return dataLoss(model, {
    inputs: inputsOfZeros(model),
    targets: feedOutputShapes.map(shape => zeros(shape)),
    sampleWeights: feedOutputShapes.map(() => null),
    training: true,
  });
}

function outputsOnZeros(model: LayersModel): Tensor[] {
  const outputs = model.apply(inputsOfZeros(model), {training: true}) as Tensor | Tensor[];
  return [outputs].flat();
}

function inputsOfZeros(model: LayersModel): Tensor[] {
  return model.inputs.map(({shape, dtype}) => zeros(shape, dtype));
}

function zeros([batch, ...shape]: readonly (number | null)[], dtype: tf.DataType = 'float32'): Tensor {
  return tf.zeros([batch ?? 2, ...shape.map(size => size ?? OPEN_DIMENSION)], dtype);
}
