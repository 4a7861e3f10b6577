import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import {weightedLayers} from '../model/weighted-layers.js';
import {gaussNewton} from './gauss-newton.js';
import type {HessianArgs} from './hessian.js';
import {hessian} from './hessian.js';
import {CurvatureOperator} from './network-operator.js';

/**
 * H − G: the part of the Hessian that Gauss–Newton neglects, the network's own curvature weighted by the loss's gradient
 * (the nonlinear modeling error; Dauphin, Agarwala & Mobahi 2024).
 *
 * A product costs one with the Hessian and one with G.
 *
 * @throws InvalidArgumentError and UnsupportedKernelError as `hessian` does.
 */
export async function residualHessian(
  model: LayersModel,
  batch: Batch,
  args: HessianArgs = {},
): Promise<CurvatureOperator> {
  const layers = weightedLayers(model);
  // Both record before either waits: on the same weights.
  const [H, G] = await Promise.all([hessian(model, batch, args), gaussNewton(model, batch, args)]);
  return new CurvatureOperator({
    name: 'residual Hessian',
    loss: H.loss,
    layers,
    gradient: tf.keep(H.gradient()),
    map: {
      push(from, tangents, to, probes) {
        const [h, g] = [H, G].map(op => op.map.push(from, tangents, to, probes));
        return h!.map((tensor, i) => difference(tensor, g![i]!));
      },
      get passes() {
        return H.map.passes + G.map.passes;
      },
      dispose() {
        H.dispose();
        G.dispose();
      },
    },
  });
}

/** a − b, where `null` is zero; it takes both over. */
function difference(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (b === null) return a;
  const result = a === null ? tf.neg(b) : tf.sub(a, b);
  a?.dispose();
  b.dispose();
  return result;
}
