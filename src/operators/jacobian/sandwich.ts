import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayerListener} from '../../autodiff/forward-mode/linearization.js';
import {flatten} from '../../model/flattening.js';
import type {CurvatureMap} from '../blocks/curvature-map.js';
import {derivativeCheck} from '../checks/derivative-check.js';
import type {Linearize} from '../from-model/linearized-loss.js';
import type {NetworkJacobian, OutputLoss} from './network-jacobian.js';
import {recordNetwork} from './network-jacobian.js';

/** A symmetric positive semidefinite map of tangents of the network's outputs z. */
export interface OutputCurvature {
  /** The tensors that it returns belong to the scope. */
  multiply(tangents: readonly Tensor[], probes: number | null): readonly Tensor[];
  dispose(): void;
}

/** Jᵀ M J, the curvature in the weights of a curvature M in the network's outputs. */
class Sandwich implements CurvatureMap {
  readonly isFixed = true;

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

  isBestApart(from: readonly number[], to: readonly number[]): boolean {
    return this.jacobian.isBestApart(from, to);
  }

  watchLayers(listener: LayerListener): () => void {
    return this.jacobian.watchLayers(listener);
  }

  dispose(): void {
    this.jacobian.dispose();
    this.middle.dispose();
  }
}

/** Makes Jᵀ M J of a model on a batch. M is made of the loss, or of the loss's gradients in the outputs. */
export function linearizeSandwich(
  middleOf: (loss: OutputLoss, seed: number) => OutputCurvature,
  fromGradients?: (gradients: readonly Tensor[]) => OutputCurvature,
): Linearize {
  return (model, batch, seed, checked) => {
    const {jacobian, loss, outputGradients, curvature, ownGradients} = recordNetwork(model, batch, seed, outputLoss =>
      middleOf(outputLoss, seed),
    );
    const {layers} = jacobian;
    const shapes = layers.flatMap(layer => layer.variables.map(({variable}) => variable.shape));
    const positions = shapes.map((_, i) => i);
    // ∇L = Jᵀ ∇_z L
    const gradient = tf.tidy(() => tf.keep(flatten(jacobian.backward(outputGradients, positions, null), shapes)));
    const map = new Sandwich(jacobian, fromGradients?.(outputGradients) ?? curvature);
    for (const tensor of outputGradients) tensor.dispose();
    const isDoubtful = checked && ownGradients.length > 0;
    const check = isDoubtful
      ? derivativeCheck({name: 'curvature Jᵀ M J', map, shapes, ownGradients, loss: null})
      : null;
    return {layers, loss, gradient, map, check};
  };
}
