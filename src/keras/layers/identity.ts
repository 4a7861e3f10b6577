import type {Tensor} from '@tensorflow/tfjs-core';
import {KerasLayer, single} from './keras-layer.js';

/** Returns its input. */
export class KerasIdentity extends KerasLayer {
  static readonly className = 'KerasIdentity';

  override call(inputs: Tensor | Tensor[]): Tensor {
    return single(inputs);
  }
}
