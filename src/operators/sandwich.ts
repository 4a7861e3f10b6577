import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import {flatten} from '../model/flattening.js';
import {finite} from './finite.js';
import type {NetworkJacobian, OutputLoss} from './network-jacobian.js';
import {recordNetwork} from './network-jacobian.js';
import type {CurvatureMap} from './network-operator.js';
import {CurvatureOperator} from './network-operator.js';

/** A symmetric positive semidefinite map of tangents of the network's outputs z. */
export interface OutputCurvature {
  /** @returns tensors that belong to the scope. */
  multiply(tangents: readonly Tensor[], probes: number | null): readonly Tensor[];
  dispose(): void;
}

/** Jᵀ M J: a curvature in the network's outputs, carried to its weights. */
class Sandwich implements CurvatureMap {
  constructor(
    private readonly jacobian: NetworkJacobian,
    private readonly middle: OutputCurvature,
  ) {}

  push(from: readonly number[], tangents: readonly Tensor[], to: readonly number[], probes: number | null) {
    return tf.tidy(() => {
      const image = this.middle.multiply(this.jacobian.forward(from, tangents, probes), probes);
      return this.jacobian.backward(image, to, probes) as Tensor[];
    }) as (Tensor | null)[];
  }

  get passes(): number {
    return this.jacobian.passes;
  }

  dispose(): void {
    this.jacobian.dispose();
    this.middle.dispose();
  }
}

/** The operator Jᵀ M J of a model on a batch, M made of its loss. */
export async function sandwich(
  name: string,
  model: LayersModel,
  batch: Batch,
  seed: number,
  middleOf: (loss: OutputLoss) => OutputCurvature,
  fromGradients?: (gradients: readonly Tensor[]) => OutputCurvature,
): Promise<CurvatureOperator> {
  const {jacobian, loss, outputGradients, curvature} = recordNetwork(model, batch, seed, middleOf);
  const map = new Sandwich(jacobian, fromGradients?.(outputGradients) ?? curvature);
  const {layers} = jacobian;
  const shapes = layers.flatMap(layer => layer.variables.map(({variable}) => variable.shape));
  const gradient = tf.tidy(() => {
    // ∇L = Jᵀ ∇_z L
    const parts = jacobian.backward(
      outputGradients,
      shapes.map((_, i) => i),
      null,
    );
    return tf.keep(flatten(parts, shapes));
  });
  try {
    return new CurvatureOperator({name, loss: await finite(loss), layers, gradient, map});
  } catch (error) {
    map.dispose();
    gradient.dispose();
    throw error;
  } finally {
    loss.dispose();
    for (const tensor of outputGradients) tensor.dispose();
  }
}
