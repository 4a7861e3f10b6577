import type {MaxAttrs, MinAttrs} from '@tensorflow/tfjs-core';
import {reducedAxes, shareOfExtreme} from '../../gradients/extreme-gradient.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {linear, weightedSum} from '../rule-constructors.js';
import {shiftAxes, shiftedAttributes} from '../vmap.js';

function summing(kernel: string): KernelRule {
  return linear(['x'], {
    vmap: shiftedAttributes(kernel, (attrs, x) => ({...attrs, axis: shiftAxes(attrs.axis, x.rank)})),
  });
}

/** y = max or min: dy is the tangent of that element, and the mean of the tangents at ties. */
function extreme<Attrs extends object>(axesOf: (attrs: Attrs) => number | number[]): KernelRule<Attrs> {
  return linear(['x'], {
    map: (call: KernelCall<Attrs>) => {
      const axes = reducedAxes(axesOf(call.attrs), call.shape('x'));
      const share = call.constant('share', () => shareOfExtreme(call.peek('x'), call.peekOutput(), axes));
      return weightedSum(call, axes, share);
    },
  });
}

export const reductionRules: RuleFamily = {
  Sum: summing('Sum'),
  Mean: summing('Mean'),
  Max: extreme(({reductionIndices, axis}: MaxAttrs & MinAttrs) => reductionIndices ?? axis),
  Min: extreme(({axis}: MinAttrs) => axis),
};
