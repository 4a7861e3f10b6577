import * as tf from '@tensorflow/tfjs-core';
import type {Shape} from '@tensorflow/tfjs-layers';
import {KerasLayer, type Keywords} from './keras-layer.js';

/** A mask as zeros and ones; `null` keeps all steps. */
type Kept = tf.Tensor | null;

const choose = (kept: tf.Tensor, x: tf.Tensor, otherwise: tf.Tensor) =>
  tf.add(tf.mul(x, kept), tf.mul(otherwise, tf.sub(1, kept)));
const either = (a: Kept, b: Kept) => a && b && tf.maximum(a, b);

/** A merge layer of Keras 3 that uses the masks of its inputs. */
abstract class MaskedMerge extends KerasLayer {
  override call(inputs: tf.Tensor | tf.Tensor[], {mask}: Keywords): tf.Tensor {
    return tf.tidy(() => {
      const list = inputs as tf.Tensor[];
      const masks = (mask ?? []) as readonly (tf.Tensor | null)[];
      return this.merged(
        list,
        list.map((_, i) => (masks[i] ? tf.expandDims(tf.cast(masks[i], 'float32'), -1) : null)),
      );
    });
  }

  protected abstract merged(inputs: readonly tf.Tensor[], kept: readonly Kept[]): tf.Tensor;

  override computeOutputShape(shapes: Shape | Shape[]): Shape {
    return (shapes as Shape[]).reduce((a, b) => a.map((n, i) => (n === 1 ? b[i]! : n)));
  }
}

/** The product, in which a masked step counts as one. If all inputs are masked, it is zero. */
export class KerasMultiply extends MaskedMerge {
  static readonly className = 'KerasMultiply';

  protected override merged(inputs: readonly tf.Tensor[], kept: readonly Kept[]): tf.Tensor {
    const factors = inputs.map((x, i) => (kept[i] ? choose(kept[i], x, tf.onesLike(x)) : x));
    const product = factors.reduce((a, b) => tf.mul(a, b));
    const any = kept.reduce(either);
    return any ? tf.mul(product, any) : product;
  }
}

/** The maximum or minimum. A masked step is replaced by the other input, in the order of the inputs. */
abstract class MaskedChoice extends MaskedMerge {
  protected abstract readonly choice: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor;

  protected override merged([first, ...others]: readonly tf.Tensor[], [mask, ...masks]: readonly Kept[]): tf.Tensor {
    let output = first!;
    let kept = mask ?? null;
    others.forEach((other, i) => {
      const own = masks[i] ?? null;
      const x = own ? choose(own, other, output) : other;
      if (kept) output = choose(kept, output, x);
      kept = either(kept, own);
      output = this.choice(output, x);
    });
    return output;
  }
}

export class KerasMaximum extends MaskedChoice {
  static readonly className = 'KerasMaximum';
  protected override readonly choice = tf.maximum;
}

export class KerasMinimum extends MaskedChoice {
  static readonly className = 'KerasMinimum';
  protected override readonly choice = tf.minimum;
}
