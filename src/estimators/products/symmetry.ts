import {NotAHessianError} from '../../errors.js';
import {warn} from '../../warnings.js';

/** Float32 leaves about 1e-6; ill-conditioned losses, such as batch normalization over two samples, leave more. */
const SUSPICIOUS = 1e-3;

/** Rounding never reaches this. */
const WRONG = 0.1;

/**
 * Checks the relative asymmetry of an operator's products.
 *
 * @throws NotAHessianError if it is more than rounding can cause; it warns if rounding may be a large part of a product.
 */
export function requireSymmetric(asymmetry: number): void {
  if (!(asymmetry > SUSPICIOUS)) return;
  const percent = asymmetry >= 0.1 ? (100 * asymmetry).toFixed(0) : (100 * asymmetry).toPrecision(1);
  if (asymmetry > WRONG) {
    throw new NotAHessianError(
      `The operator is not symmetric: uᵀAv and vᵀAu differ by ${percent} % of ‖Av‖, so it is no Hessian and has no ` +
        'spectrum. A product, a gradient given to tf.registerGradient, a rule given to registerTangentRule, or a kernel of ' +
        'the backend is wrong. Compare with another backend (tf.setBackend), and with the operator of a part of the loss.',
      asymmetry,
    );
  }
  warn(
    'rounding',
    `The operator is symmetric to ${percent} % only: float32's rounding may be as large a part of what is computed of it. ` +
      'Batch normalization over very few samples does that; take a larger batch, or call it with training: false.',
  );
}
