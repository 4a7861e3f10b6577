import {linearizeEmpiricalFisher} from '../empirical-fisher.js';
import {linearizeFisher} from '../fisher.js';
import type {Linearize} from '../from-model/linearized-loss.js';
import {linearizeGaussNewton} from '../gauss-newton.js';
import {linearizeHessian, linearizePenalized} from '../hessian.js';
import {linearizeResidual} from '../residual-hessian.js';
import type {CurvatureKind} from './messages.js';

const linearizers: Record<CurvatureKind['operator'], (kind: CurvatureKind) => Linearize> = {
  hessian: ({regularizers}) => (regularizers ? linearizePenalized : linearizeHessian),
  gaussNewton: () => linearizeGaussNewton,
  fisher: ({samples}) => linearizeFisher(samples),
  empiricalFisher: () => linearizeEmpiricalFisher,
  residualHessian: () => linearizeResidual,
};

/** How a curvature of another thread is made. */
export function linearizerOf(kind: CurvatureKind): Linearize {
  return linearizers[kind.operator](kind);
}
