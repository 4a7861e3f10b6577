import {lineSlices} from '../../examples/concepts/loss-slices/picture.js';
import {slicesAlongTop} from '../../examples/concepts/loss-slices/slices.js';
import type {Subject} from './subject.js';

/** The loss along the two top eigenvectors. */
export async function draw({tf, model, data}: Subject): Promise<string> {
  return lineSlices(await slicesAlongTop(tf, model, data, {line: 61, plane: 1}));
}
