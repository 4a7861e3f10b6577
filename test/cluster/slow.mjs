// An identity layer that takes the time in SLOW_MS at each call, and says when it begins.
import {layers} from '@tensorflow/tfjs';

const milliseconds = Number(process.env.SLOW_MS ?? 0);

export class Slow extends layers.Layer {
  static className = 'Slow';

  call(inputs) {
    console.log('at work');
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
    return [inputs].flat()[0].clone();
  }

  computeOutputShape(shape) {
    return shape;
  }
}
