import {InvalidArgumentError} from '../errors.js';

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
 * `'middle'` is the middlemost layer, or the two middlemost where their number is even; of `{middle: n}` layers, one more lies
 * before the middle where they cannot lie around it evenly. Throws an `InvalidArgumentError` for a name that no layer has, and
 * for a selection that is none of these or selects nothing.
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
  if (typeof selection === 'function') return layers.filter(selection);
  if (isList(selection)) {
    for (const name of selection) requireKnown(name, layers);
    return layers.filter(({name}) => selection.includes(name));
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

function requireKnown(name: string, layers: readonly {readonly name: string}[]): void {
  const names = layers.map(layer => layer.name);
  if (names.includes(name)) return;
  const nearest = [...names].sort((a, b) => editDistance(name, a) - editDistance(name, b))[0];
  const near = nearest !== undefined && editDistance(name, nearest) <= Math.max(2, name.length / 3);
  throw new InvalidArgumentError(
    `Layer "${name}" is not in the model${near ? `; did you mean "${nearest}"?` : '.'} ` +
      `Layers with weights: ${names.length > 0 ? names.join(', ') : 'none'}.`,
  );
}

/** How many letters have to be added, removed or changed to get from a to b (Levenshtein, 1965). */
function editDistance(a: string, b: string): number {
  let row = Array.from({length: b.length + 1}, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, change));
    }
    row = next;
  }
  return row[b.length]!;
}
