import {warn} from '../../warnings.js';
import type {Products} from './products.js';

/** Warns if every product was exactly zero, with the likely reasons. */
export function warnOfZero(products: Products): void {
  if (!products.isZero) return;
  warn(
    'zero-curvature',
    'The curvature is exactly 0: every product with the operator is zero. Likely causes: a saturated softmax or sigmoid ' +
      '(scale the inputs, such as pixels to 0 … 1, or make the weights smaller), relus that are all off, labels that the ' +
      'loss does not know (sparse labels count from 0), or a loss that is linear in the weights.',
  );
}
