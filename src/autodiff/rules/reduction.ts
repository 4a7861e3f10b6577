import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import {shareOfExtreme} from '../corrections/extreme-gradient.js';
import type {KernelCall, KernelRule, RuleFamily} from '../rule.js';
import {linear} from '../rule-constructors.js';
import {shiftAxes, shiftedAttributes} from '../vmap.js';

function summing(kernel: string): KernelRule {
  return linear(['x'], {
    vmap: shiftedAttributes(kernel, (attrs, x) => ({...attrs, axis: shiftAxes(attrs.axis, x.rank)})),
  });
}

/** The largest or smallest element: its tangent; where several tie, their mean. */
function extreme(axesOf: (call: KernelCall) => unknown): KernelRule {
  return linear(['x'], {
    map: call => {
      const axes = tf.util.parseAxisParam((axesOf(call) ?? undefined) as number[], [...call.shape('x')]);
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
  Max: extreme(call => call.attrs.reductionIndices ?? call.attrs.axis),
  Min: extreme(call => call.attrs.axis),
};
