import type {RuleFamily} from '../rule.js';
import {bilinear, fused} from '../rule-constructors.js';
import {fold, wider} from '../vmap.js';

// Convolutions and their two gradients are bilinear. Probes of images go to the batch axis. Probes of a filter, and probes of
// an image in the gradient of the filter, go to the channels.

/** @param rank how many axes an image has, with batch and channels. */
function family(forward: string, backpropFilter: string, backpropInput: string, rank: number): RuleFamily {
  const channels = rank - 1;
  const [inChannels, outChannels] = [rank - 2, rank - 1];
  return {
    [forward]: bilinear('x', 'filter', {
      vmap: {x: fold(forward, 0, 0), filter: fold(forward, outChannels, channels)},
    }),
    [backpropFilter]: bilinear('x', 'dy', {
      vmap: {
        x: fold(backpropFilter, channels, inChannels, wider('filterShape', inChannels)),
        dy: fold(backpropFilter, channels, outChannels, wider('filterShape', outChannels)),
      },
    }),
    [backpropInput]: bilinear('dy', 'filter', {
      vmap: {
        dy: fold(backpropInput, 0, 0, wider('inputShape', 0)),
        filter: fold(backpropInput, inChannels, channels, wider('inputShape', channels)),
      },
    }),
  };
}

export const convolutionRules: RuleFamily = {
  ...family('Conv2D', 'Conv2DBackpropFilter', 'Conv2DBackpropInput', 4),
  ...family('Conv3D', 'Conv3DBackpropFilterV2', 'Conv3DBackpropInputV2', 5),
  FusedConv2D: fused('x', 'filter'),
};
