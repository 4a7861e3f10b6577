import {undoAll} from '../../tfjs-internals/undo.js';
import {cumsumGradient} from './cumsum-gradient.js';
import {extremeGradient} from './extreme-gradient.js';
import {floorDivGradient} from './floor-div-gradient.js';
import {mirrorPadGradient} from './mirror-pad-gradient.js';
import type {ReplacedGradient} from './replaced-gradient.js';
import {replaceOwnGradient} from './replaced-gradient.js';

/** The right gradients for kernels whose gradient in TensorFlow.js is not their derivative, on any engine. */
export const rightGradients: readonly ReplacedGradient[] = [
  extremeGradient('Max', 'reductionIndices'),
  extremeGradient('Min', 'axis'),
  cumsumGradient,
  mirrorPadGradient,
  floorDivGradient,
];

/**
 * Replaces wrong gradients by right ones. The tape looks a gradient up when its kernel runs forward.
 *
 * @returns undoes it.
 */
export function replaceWrongGradients(): () => void {
  return undoAll(rightGradients.map(replaceOwnGradient));
}
