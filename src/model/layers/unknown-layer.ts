import {nearestName} from '../../arguments/nearest-name.js';
import {show} from '../../arguments/show.js';
import {InvalidArgumentError} from '../../errors.js';

/**
 * The error for an unknown layer name. It lists the known names and suggests the nearest.
 *
 * @param frozen the names of layers that exist but are frozen.
 */
export function unknownLayer(
  name: string,
  layers: readonly {readonly name: string}[],
  frozen: readonly string[] = [],
): InvalidArgumentError {
  const names = layers.map(layer => layer.name);
  if (frozen.includes(name)) {
    return new InvalidArgumentError(
      `Layer "${name}" is frozen now: a training step moves none of its weights. Set its trainable = true and call ` +
        `compile(), or leave it out. Layers that are trained now: ${names.join(', ')}.`,
    );
  }
  const nearest = typeof name === 'string' ? nearestName(name, names) : null;
  const guess = nearest === null ? '.' : `; did you mean "${nearest}"?`;
  return new InvalidArgumentError(
    `Layer ${show(name)} is not among those with trainable weights${guess} They are: ${names.join(', ')}.`,
  );
}
