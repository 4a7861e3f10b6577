import type {GenericSchema} from 'valibot';
import {union} from 'valibot';
import {check, mustBe} from '../../arguments/check.js';
import {functionThat, isText, that, wholeNumber} from '../../arguments/kinds.js';
import {optionsOf} from '../../arguments/options.js';
import {InvalidArgumentError} from '../../errors.js';
import {unknownLayer} from './unknown-layer.js';

/** Selects layers: all, the one or two in the middle, the n in the middle, by name, or by a predicate. */
export type LayerSelection<L extends {readonly name: string} = {readonly name: string}> =
  | 'all'
  | 'middle'
  | {readonly middle: number}
  | readonly string[]
  | ((layer: L, index: number, layers: readonly L[]) => boolean);

const RULE = "'all', 'middle', {middle: n}, a list of names, or a predicate";

/** The schema of a selection. Whether the layers exist is checked by `selectLayers`. */
export function layerSelection<L extends {readonly name: string}>(): GenericSchema<LayerSelection<L>> {
  return selectionOf<L, {readonly middle: number}>(RULE, middleSchema);
}

const middleSchema = optionsOf<{readonly middle: number}>('layers: {middle}')({middle: wholeNumber()}).schema;

/** The schema of a selection, with the schema of its form `{middle: …}`. */
export function selectionOf<L extends {readonly name: string}, Middle>(
  rule: string,
  middleForm: GenericSchema<Middle>,
): GenericSchema<Exclude<LayerSelection<L>, {readonly middle: number}> | Middle> {
  return union(
    [
      that<'all' | 'middle'>(value => value === 'all' || value === 'middle', rule),
      that<readonly string[]>(value => Array.isArray(value) && value.length > 0 && value.every(isText), rule),
      functionThat<Extract<LayerSelection<L>, (...args: never[]) => boolean>>(rule),
      middleForm,
    ],
    mustBe(rule),
  );
}

/**
 * The selected layers, in the model's order.
 *
 * `'middle'` is the layer in the middle, or the two in the middle if the number of layers is even. If `{middle: n}` layers
 * cannot lie symmetrically around the middle, one more lies before it.
 *
 * @param frozen the names of further layers, which are frozen; they cannot be selected.
 * @throws InvalidArgumentError for a name that no layer has, and for a selection that is invalid or selects nothing.
 * @example
 * selectLayers(network.layers, {middle: 3});
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

/** Whether a selection is a list of names. */
export function isList(selection: unknown): selection is readonly string[] {
  return Array.isArray(selection);
}

/**
 * Limits `{middle: n}` to the number of layers that are there, since some may be frozen.
 *
 * @param known the number of layers with the frozen ones. A larger n is not limited, and is an error later.
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
    `layers selects no layer; layers with weights: ${layers.map(({name}) => name).join(', ') || 'none'}.`,
  );
}
