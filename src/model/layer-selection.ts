import {InvalidArgumentError} from '../errors.js';
import {unknownLayer} from './unknown-layer.js';

/** Which layers: all, the middlemost one or two, the n middlemost, by name, or by a predicate. */
export type LayerSelection<L extends {readonly name: string} = {readonly name: string}> =
  | 'all'
  | 'middle'
  | {readonly middle: number}
  | readonly string[]
  | ((layer: L, index: number, layers: readonly L[]) => boolean);

/**
 * The selected layers, in the model's order.
 *
 * `'middle'` is the middlemost layer, or the two middlemost where their number is even; of `{middle: n}` layers, one
 * more lies before the middle where they cannot lie around it evenly. Throws an `InvalidArgumentError` for a name that
 * no layer has, and for a selection that is none of these or selects nothing.
 *
 * ```ts
 * selectLayers(network.layers, {middle: 3});
 * ```
 */
export function selectLayers<L extends {readonly name: string}>(
  layers: readonly L[],
  selection: LayerSelection<L> = 'all',
): L[] {
  if (selection === 'all') return [...layers];
  if (selection === 'middle') return middle(layers, layers.length % 2 === 0 ? 2 : 1);
  if (typeof selection === 'function') return requireSome(layers.filter(selection), layers);
  if (isList(selection)) {
    for (const name of selection) {
      if (!layers.some(layer => layer.name === name)) throw unknownLayer(name, layers);
    }
    return requireSome(
      layers.filter(({name}) => selection.includes(name)),
      layers,
    );
  }
  if (typeof selection === 'object' && selection !== null && 'middle' in selection) {
    const {middle: count} = selection;
    if (!Number.isInteger(count) || count < 1) {
      throw new InvalidArgumentError(`layers is {middle: ${String(count)}}; it must be a whole number of at least 1.`);
    }
    return middle(layers, count);
  }
  throw new InvalidArgumentError(
    `layers is ${JSON.stringify(selection)}; it must be 'all', 'middle', {middle: n}, a list of names, or a predicate.`,
  );
}

function isList(selection: unknown): selection is readonly string[] {
  return Array.isArray(selection);
}

function middle<L>(layers: readonly L[], count: number): L[] {
  const from = Math.max(0, Math.floor((layers.length - count) / 2));
  return layers.slice(from, from + count);
}

function requireSome<L extends {readonly name: string}>(selected: L[], layers: readonly L[]): L[] {
  if (selected.length > 0) return selected;
  throw new InvalidArgumentError(
    `layers selects none; layers with weights: ${layers.map(({name}) => name).join(', ') || 'none'}.`,
  );
}
