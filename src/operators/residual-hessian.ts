import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Batch} from '../model/batch.js';
import type {CurvatureMap} from './blocks/curvature-map.js';
import type {CurvatureOperator} from './blocks/network-operator.js';
import type {CurvatureArgs} from './curvature-args.js';
import {curvatureArgs} from './curvature-args.js';
import type {BatchDataset} from './from-model/batch-dataset.js';
import type {Linearize} from './from-model/linearized-loss.js';
import {allOf} from './from-model/linearized-loss.js';
import {modelOperator} from './from-model/model-operator.js';
import {linearizeGaussNewton} from './gauss-newton.js';
import {linearizeHessian} from './hessian.js';

const argsOf = curvatureArgs('residualHessian()');

/**
 * H − G, the part of the Hessian that Gauss–Newton neglects: the network's own curvature, weighted by the loss's gradient (the
 * nonlinear modeling error; Dauphin, Agarwala & Mobahi 2024).
 *
 * A product costs one with the Hessian and one with G.
 *
 * @throws InvalidArgumentError and UnsupportedKernelError as `hessian` does.
 */
export async function residualHessian(
  model: LayersModel,
  data: Batch | BatchDataset,
  args?: CurvatureArgs,
): Promise<CurvatureOperator> {
  const curvature = {
    name: 'residual Hessian',
    linearize: linearizeResidual,
    kind: {operator: 'residualHessian'},
  } as const;
  return modelOperator(curvature, model, data, argsOf(args));
}

export const linearizeResidual: Linearize = (model, batch, seed, checked) => {
  const {map: G, ...rest} = linearizeGaussNewton(model, batch, seed, checked);
  tf.dispose([rest.loss, rest.gradient]);
  // H runs the kernels of G, so a kernel without a rule has thrown already.
  const {layers, loss, gradient, map: H, check} = linearizeHessian(model, batch, seed, checked);
  const map: CurvatureMap = {
    isFixed: true,
    push(from, tangents, to, probes) {
      const [h, g] = [H, G].map(part => part.push(from, tangents, to, probes));
      return h!.map((tensor, i) => difference(tensor, g![i]!));
    },
    get passes() {
      return H.passes + G.passes;
    },
    watchLayers(listener) {
      const stop = [H, G].map(part => part.watchLayers?.(listener));
      return () => {
        for (const each of stop) each?.();
      };
    },
    isBestApart: (from, to) => [H, G].some(part => part.isBestApart?.(from, to)),
    dispose() {
      H.dispose();
      G.dispose();
    },
  };
  return {layers, loss, gradient, map, check: allOf([check, rest.check])};
};

/** a − b; `null` is zero. Disposes both, unless one is the result. */
function difference(a: Tensor | null, b: Tensor | null): Tensor | null {
  if (b === null) return a;
  const result = a === null ? tf.neg(b) : tf.sub(a, b);
  a?.dispose();
  b.dispose();
  return result;
}
