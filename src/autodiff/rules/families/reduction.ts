import type {MaxAttrs, MinAttrs, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {shareOfExtreme} from '../../gradients/extreme-gradient.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import {shiftAxes, shiftedAttributes} from '../vmap.js';

function summing(kernel: string): KernelRule {
  return linear(['x'], {
    vmap: shiftedAttributes(kernel, (attrs, x) => ({...attrs, axis: shiftAxes(attrs.axis, x.rank)})),
  });
}

/** The largest or smallest element: its tangent; where several tie, their mean. */
function extreme<Attrs extends object>(axesOf: (attrs: Attrs) => number | number[]): KernelRule<Attrs> {
  return linear(['x'], {
    map: (call: KernelCall<Attrs>) => {
      const axes = tf.util.parseAxisParam(axesOf(call.attrs), [...call.shape('x')]);
      const share = call.constant('share', () => shareOfExtreme(call.peek('x'), call.peekOutput(), axes));
      return ({x}, runner) => {
        const picked: Tensor = tf.mul(x!, share);
        const summed = tf.sum(picked, runner.probes === null ? axes : axes.map(axis => axis + 1));
        return tf.reshape(summed, runner.shape(call.outputShape()));
      };
    },
  });
}

export const reductionRules: RuleFamily = {
  Sum: summing('Sum'),
  Mean: summing('Mean'),
  Max: extreme(({reductionIndices, axis}: MaxAttrs & MinAttrs) => reductionIndices ?? axis),
  Min: extreme(({axis}: MinAttrs) => axis),
};
