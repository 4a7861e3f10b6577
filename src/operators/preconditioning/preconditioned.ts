import type {Optimizer, Tensor1D, Tensor2D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {show} from '../../arguments/show.js';
import {isTensor} from '../../arguments/tensors.js';
import {DisposedError, InvalidArgumentError} from '../../errors.js';
import {selectedBlock} from '../blocks/selected-block.js';
import type {LinearOperator, NetworkOperator} from '../linear-operator.js';
import {requireNetwork} from '../operator-argument.js';
import type {OptimizerEdge} from './optimizer-edge.js';
import {edgeOf} from './optimizer-rule.js';

/**
 * P^−½ H P^−½ with the diagonal P by which an optimizer divides gradients, from the state that it has at the call: what decides whether its
 * steps grow or shrink.
 *
 * It is an operator like any other: symmetric, with layers and blocks, and its gradient is P^−½ ∇L. For SGD and momentum it is H itself. Otherwise it
 * owns a vector of `size` numbers; dispose of it, and of H after it. A product costs one with H.
 *
 * Source: Cohen, Ghorbani, Krishnan, et al. (2022), *Adaptive gradient methods at the edge of stability*.
 *
 * @param H an operator of the model that the optimizer trains, such as hessian(model, batch).
 * @param optimizer `model.optimizer`, after at least one step.
 * @throws InvalidArgumentError for an optimizer that has no rule, has made no step, or trains other weights.
 * @example
 * const A = preconditioned(H, model.optimizer);
 * const {largest: [sharpness]} = await spectrum(A);
 */
export function preconditioned(H: NetworkOperator, optimizer: Optimizer): NetworkOperator {
  requireNetwork(H);
  const edge = edgeOf(optimizer);
  return edge.preconditioner === null ? H : scaledBy(H, scalesOf(H, edge.preconditioner));
}

/** P^−½ as one vector, `[size]`; the caller owns it. */
export function scalesOf(
  {layers}: Pick<NetworkOperator, 'layers'>,
  preconditioner: NonNullable<OptimizerEdge['preconditioner']>,
): Tensor1D {
  return tf.tidy(() => {
    const parts = layers.flatMap(({weights}) =>
      weights.map(weight => {
        const diagonal = preconditioner(weight);
        if (isTensor(diagonal) && tf.util.arraysEqual(diagonal.shape, [...weight.shape]))
          return tf.reshape(diagonal, [-1]);
        throw new InvalidArgumentError(
          `The preconditioner of weight "${weight.name}" is ${show(diagonal)}; it must be a tensor of shape [${weight.shape.join(', ')}].`,
        );
      }),
    );
    return tf.rsqrt(tf.concat(parts)) as Tensor1D;
  });
}

/** S A S for the diagonal S with the entries `scales`, `[size]`. It owns these, and not A. */
export function scaledBy(H: NetworkOperator, scales: Tensor1D): NetworkOperator {
  const {loss, layers} = H;
  let isDisposed = false;
  const live = (): Tensor1D => {
    if (isDisposed) throw new DisposedError('The preconditioned operator was disposed of.');
    return scales;
  };
  /** @param part makes the scales of A's vectors. */
  const around = (A: LinearOperator, part: () => Tensor1D): LinearOperator => ({
    size: A.size,
    matvec: v =>
      tf.tidy(() => {
        const s = part();
        return tf.mul(s, A.matvec(tf.mul(s, v) as Tensor1D)) as Tensor1D;
      }),
    matmat: V =>
      tf.tidy(() => {
        const s = tf.reshape(part(), [A.size, 1]);
        return tf.mul(s, A.matmat(tf.mul(s, V) as Tensor2D)) as Tensor2D;
      }),
    dispose: () => A.dispose(),
  });
  return {
    ...around(H, live),
    loss,
    layers,
    block: selection => {
      const block = H.block(selection);
      const {indices} = selectedBlock(layers, selection);
      const isLayer = typeof selection === 'string';
      return around(block, () =>
        isLayer ? tf.slice(live(), indices[0]!, indices.length) : tf.gather(live(), tf.tensor1d(indices, 'int32')),
      );
    },
    gradient: () =>
      tf.tidy(() => {
        return tf.mul(live(), H.gradient()) as Tensor1D;
      }),
    dispose: () => {
      if (!isDisposed) scales.dispose();
      isDisposed = true;
    },
  };
}
