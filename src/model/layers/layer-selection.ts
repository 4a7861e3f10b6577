import type {GenericSchema} from 'valibot';
import {union} from 'valibot';
import {check, mustBe} from '../../arguments/check.js';
import {functionThat, isText, that, wholeNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import {unknownLayer} from './unknown-layer.js';

/** Which layers: all, the middlemost one or two, the n middlemost, by name, or by a predicate. */
export type LayerSelection<L extends {readonly name: string} = {readonly name: string}> =
  | 'all'
  | 'middle'
  | {readonly middle: number}
  | readonly string[]
  | ((layer: L, index: number, layers: readonly L[]) => boolean);

const RULE = "'all', 'middle', {middle: n}, a list of names, or a predicate";

/** What a selection looks like. Whether there are such layers is known to `selectLayers`. */
export function layerSelection<L extends {readonly name: string}>(): GenericSchema<LayerSelection<L>> {
  return union(
    [
      that<'all' | 'middle'>(value => value === 'all' || value === 'middle', RULE),
      that<readonly string[]>(value => Array.isArray(value) && value.length > 0 && value.every(isText), RULE),
      functionThat<Extract<LayerSelection<L>, (...args: never[]) => boolean>>(RULE),
      middleSchema,
    ],
    mustBe(RULE),
  );
}

const middleSchema = optionsOf<{readonly middle: number}>('layers: {middle}')({middle: wholeNumber()}).schema;

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
 *
 * @param frozen the names of layers that are not among these because they are frozen.
 */
export function selectLayers<L extends {readonly name: string}>(
  layers: readonly L[],
  wanted: LayerSelection<L> = 'all',
  frozen: readonly string[] = [],
): L[] {
  const selection = check('layers', layerSelection<L>(), wanted);
  if (selection === 'all') return [...layers];
  if (selection === 'middle') return middle(layers, layers.length % 2 === 0 ? 2 : 1);
  if (typeof selection === 'function') return requireSome(layers.filter(selection), layers);
  if (isList(selection)) {
    for (const name of selection) {
      if (!layers.some(layer => layer.name === name)) throw unknownLayer(name, layers, frozen);
    }
    return requireSome(
      layers.filter(({name}) => selection.includes(name)),
      layers,
    );
  }
  const {middle: count} = selection;
  if (count > layers.length) {
    throw new InvalidArgumentError(
      `layers is {middle: ${count}}, but there are only ${layers.length} layers with weights ` +
        `(${layers.map(({name}) => name).join(', ')}); ask for at most ${layers.length}, or for 'all'.`,
    );
  }
  return middle(layers, count);
}

/** Whether layers are selected by their names. */
export function isList(selection: unknown): selection is readonly string[] {
  return Array.isArray(selection);
}

/**
 * A selection of which `{middle: n}` asks for no more layers than there are, since some may be frozen.
 *
 * @param known how many there would be if none were; more than these stay asked for, which is an error.
 */
export function withinCount<L extends {readonly name: string}>(
  selection: LayerSelection<L>,
  count: number,
  known = Number.POSITIVE_INFINITY,
): LayerSelection<L> {
  if (typeof selection !== 'object' || isList(selection) || selection.middle > known) return selection;
  return {middle: Math.min(selection.middle, count)};
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
