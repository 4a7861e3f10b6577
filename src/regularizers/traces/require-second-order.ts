import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {requireJets} from '../../autodiff/forward-mode/jets.js';
import type {Recording} from '../../autodiff/recording/recording.js';
import {record} from '../../autodiff/recording/recording.js';
import {UnsupportedKernelError, UnsupportedLayerError} from '../../errors.js';
import {dataLoss} from '../../model/data-loss.js';
import {untrainableLayers} from '../../model/tensorflow-limits.js';
import {undisturbed} from '../../model/undisturbed.js';
import {inScope} from '../../tfjs-internals/core/tensors.js';
import {trainingModel} from '../../tfjs-internals/layers/model.js';

/** The size of a dimension that a model leaves open, such as a sequence's length. */
const OPEN_DIMENSION = 8;

/**
 * Runs a model once on zeros, to check that the curvature of some of its weights can be penalized.
 *
 * A model that cannot run on these zeros passes, because its open dimensions may need other sizes. Its errors then come in the
 * first step.
 *
 * @throws UnsupportedKernelError if a kernel between the weights and the loss has no jet.
 * @throws UnsupportedLayerError for a layer that TensorFlow.js itself cannot train.
 */
export function requireSecondOrder(model: LayersModel, variables: readonly Variable[]): void {
  const isCompiled = trainingModel(model).lossFunctions !== undefined;
  try {
    inScope(() =>
      undisturbed(model, {training: true, seed: 0}, currentLayer => {
        const {recording} = record(({recording}) => {
          const ends = isCompiled ? [lossOnZeros(model)] : outputsOnZeros(model);
          const starts = variables.flatMap(variable => recording.find(variable) ?? []);
          for (const end of ends) requireJets(recording, starts, recording.valueOf(end));
          requireRightGradients(recording);
          // A gradient takes longer, so it is tried only if a layer is known to fail.
          if (isCompiled && untrainableLayers(model).length > 0) {
            tf.variableGrads(() => lossOnZeros(model), [...variables]);
          }
        }, currentLayer);
        recording.release();
      }),
    );
  } catch (error) {
    if (error instanceof UnsupportedKernelError) throw error;
    if (error instanceof UnsupportedLayerError && untrainableLayers(model).some(({name}) => name === error.layerName)) {
      throw error;
    }
  }
}

/** Refuses a model whose gradient TensorFlow.js computes wrongly: the step's own gradient comes from there. */
function requireRightGradients({nodes}: Recording): void {
  const turned = nodes.find(({op, inputs}) => op.kernel === 'ResizeBilinear' && isTurned(inputs[0]!.shape));
  if (turned === undefined) return;
  const {layer} = turned.op;
  const where = layer === null ? '' : ` of layer "${layer}"`;
  throw new UnsupportedKernelError(
    `TensorFlow.js' engine "cpu" gives the gradient${where} (a bilinear resize of images that are not square) with height ` +
      "and width exchanged, so that training with it goes wrong. Use another engine, such as tf.setBackend('wasm') or the " +
      "native one (tfjs-hessian/node), or interpolation: 'nearest'.",
    'ResizeBilinearGrad',
    layer,
  );
}

function isTurned([, height, width]: readonly number[]): boolean {
  return tf.getBackend() === 'cpu' && height !== width;
}

function lossOnZeros(model: LayersModel): Scalar {
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
