import {empiricalFisher} from '../../operators/empirical-fisher.js';
import {fisher} from '../../operators/fisher.js';
import {gaussNewton} from '../../operators/gauss-newton.js';
import {hessian} from '../../operators/hessian.js';
import {residualHessian} from '../../operators/residual-hessian.js';

/** The curvatures that a callback can sample, by the names of the functions that make their operators. */
export type CurvatureName = 'hessian' | 'gaussNewton' | 'fisher' | 'empiricalFisher' | 'residualHessian';
/** The functions themselves. */
export const curvatures = {hessian, gaussNewton, fisher, empiricalFisher, residualHessian} satisfies Record<
  CurvatureName,
  unknown
>;
