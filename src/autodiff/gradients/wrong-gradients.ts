import {undoAll} from '../../tfjs-internals/undo.js';
import {cumsumGradient} from './cumsum-gradient.js';
import {extremeGradient} from './extreme-gradient.js';
import {floorDivGradient} from './floor-div-gradient.js';
import {mirrorPadGradient} from './mirror-pad-gradient.js';
import type {ReplacedGradient} from './replaced-gradient.js';
import {replaceOwnGradient} from './replaced-gradient.js';

/** The gradients of TensorFlow.js that are no derivative of their kernel, on any engine, with the right ones. */
export const rightGradients: readonly ReplacedGradient[] = [
  extremeGradient('Max', 'reductionIndices'),
  extremeGradient('Min', 'axis'),
  cumsumGradient,
  mirrorPadGradient,
  floorDivGradient,
];

/**
 * Puts the right ones in their place. The tape takes a kernel's gradient when the kernel runs.
 *
 * @returns what undoes it.
 */
export function replaceWrongGradients(): () => void {
  return undoAll(rightGradients.map(replaceOwnGradient));
}
