import {nearestName} from '../arguments/nearest-name.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';

/** The error for a layer's name that is not among those there are: it lists them, and guesses which was meant. */
export function unknownLayer(name: string, layers: readonly {readonly name: string}[]): InvalidArgumentError {
  const names = layers.map(layer => layer.name);
  const nearest = typeof name === 'string' ? nearestName(name, names) : null;
  const guess = nearest === null ? '.' : `; did you mean "${nearest}"?`;
  return new InvalidArgumentError(
    `Layer ${show(name)} is not among those with trainable weights${guess} They are: ${names.join(', ')}.`,
  );
}
