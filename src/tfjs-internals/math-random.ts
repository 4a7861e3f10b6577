import {patch} from './patch.js';
import type {Undo} from './undo.js';

/** Replaces `Math.random`, from which TensorFlow.js draws its seeds. */
export function replaceMathRandom(random: () => number): Undo {
  return patch(Math, {random});
}
