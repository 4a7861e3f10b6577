// A layer that a worker does not know unless it imports this file.
import {layers, mul} from '@tensorflow/tfjs';

export class Doubling extends layers.Layer {
  static className = 'Doubling';

  call(inputs) {
    return mul([inputs].flat()[0], 2);
  }

  computeOutputShape(shape) {
    return shape;
  }
}
