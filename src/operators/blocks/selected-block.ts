import {check} from '../../arguments/check.js';
import {nearestName} from '../../arguments/nearest-name.js';
import {show} from '../../arguments/show.js';
import {InvalidArgumentError} from '../../errors.js';
import {sizeOf} from '../../model/flattening.js';
import {unknownLayer} from '../../model/layers/unknown-layer.js';
import type {LayerSlice, NetworkOperator, WeightSlice} from '../linear-operator.js';
import {requireNetwork} from '../operator-argument.js';
import type {AxisSelection, BlockSelection} from './block-selection.js';
import {blockSelection} from './block-selection.js';

/** A set of weights of a network. */
export interface SelectedBlock {
  /** In messages and tables: `layer "dense_1"`, `dense_1/kernel[:, 3]`. */
  readonly label: string;
  /** Positions in the network's vector, in the order of the block's vector. */
  readonly indices: Int32Array;
}

/**
 * The positions of a block's weights in the network's vector, `[block's size]`, in the order of the block's vectors: for the same part of a
 * gradient or an eigenvector.
 *
 * @throws InvalidArgumentError as `block` does.
 * @example
 * const indices = tf.tensor1d(blockIndices(H, {weight: 'dense_1/kernel', columns: 3}), 'int32');
 * const gradient = tf.gather(H.gradient(), indices);
 */
export function blockIndices(network: NetworkOperator, selection: BlockSelection): Int32Array {
  requireNetwork(network);
  return selectedBlock(network.layers, selection).indices;
}

/** @throws InvalidArgumentError for an unknown layer or weight, and for positions that are out of range or given twice. */
export function selectedBlock(layers: readonly LayerSlice[], selection: BlockSelection): SelectedBlock {
  const checked = check('The block', blockSelection, selection);
  if (typeof checked === 'string') {
    const layer = layers.find(({name}) => name === checked);
    if (layer === undefined) throw unknownLayer(checked, layers);
    return {label: `layer "${checked}"`, indices: range(layer.offset, layer.size)};
  }
  const {weight, rows, columns, index, indices} = checked;
  const isMatrix = rows !== undefined || columns !== undefined;
  if ((weight === undefined) === (indices === undefined) || (indices !== undefined && (isMatrix || index))) {
    throw new InvalidArgumentError(
      `The block is ${show(checked)}; it must have either a weight, with rows, columns or index of it, or indices alone.`,
    );
  }
  if (indices !== undefined) {
    const size = layers.reduce((sum, layer) => sum + layer.size, 0);
    requirePositions('indices', indices, size, 'the vector of the network');
    return {
      label: `${indices.length} chosen weight${indices.length === 1 ? '' : 's'}`,
      indices: Int32Array.from(indices),
    };
  }
  if (isMatrix && index !== undefined) {
    throw new InvalidArgumentError(
      `The block of weight "${weight!}" has rows or columns and an index; rows and columns choose from the weight as a matrix, index ` +
        'from its own axes: give one of them.',
    );
  }
  const slice = findWeight(layers, weight!);
  if (index !== undefined && index.length !== slice.shape.length) {
    throw new InvalidArgumentError(
      `index has ${index.length} entr${index.length === 1 ? 'y' : 'ies'}, but weight "${slice.path}" of shape [${slice.shape.join(', ')}] has ` +
        `${slice.shape.length} ax${slice.shape.length === 1 ? 'is' : 'es'}; give an entry for each, null for a whole axis.`,
    );
  }
  const axes = index
    ? index.map((entry, axis) => ({name: `index[${axis}]`, entry, length: slice.shape[axis]!}))
    : [
        {name: 'rows', entry: rows ?? null, length: sizeOf(slice.shape.slice(0, -1))},
        {name: 'columns', entry: columns ?? null, length: slice.shape.at(-1) ?? 1},
      ];
  const parts = axes.map(({name, entry, length}) => positionsOn(name, entry, length, slice));
  const label = axes.every(({entry}) => entry === null)
    ? slice.path
    : `${slice.path}[${axes.map(({entry}) => labelOf(entry)).join(', ')}]`;
  return {
    label,
    indices: grid(
      parts,
      axes.map(({length}) => length),
      slice.offset,
    ),
  };
}

function findWeight(layers: readonly LayerSlice[], wanted: string): WeightSlice {
  const weights = layers.flatMap(layer => layer.weights);
  const found = weights.filter(({name, path}) => name === wanted || path === wanted);
  if (found.length === 1) return found[0]!;
  const paths = weights.map(({path}) => path);
  if (found.length > 1) {
    const ways = found.map(({name, path}) => show(name === wanted ? path : name)).join(' or ');
    throw new InvalidArgumentError(
      `Weight "${wanted}" could be one of ${found.length} weights; write ${ways}, or give the indices of its entries.`,
    );
  }
  const nearest = nearestName(wanted, paths);
  const guess = nearest === null ? '.' : `; did you mean "${nearest}"?`;
  throw new InvalidArgumentError(
    `Weight "${wanted}" is not among the weights of the operator${guess} They are: ${paths.join(', ')}.`,
  );
}

/** The chosen positions on an axis, in the order in which they are given. */
function positionsOn(
  name: string,
  selection: AxisSelection | null,
  length: number,
  {path, shape}: WeightSlice,
): ArrayLike<number> {
  const where = `weight "${path}" of shape [${shape.join(', ')}]`;
  if (selection === null) return range(0, length);
  if (typeof selection === 'object' && 'from' in selection) {
    const {from, to} = selection;
    if (from < to && to <= length) return range(from, to - from);
    throw new InvalidArgumentError(
      `${name} is {from: ${from}, to: ${to}}, but must have from < to ≤ ${length} for ${where}.`,
    );
  }
  const positions = typeof selection === 'number' ? [selection] : selection;
  requirePositions(name, positions, length, where);
  return positions;
}

function requirePositions(name: string, positions: ArrayLike<number>, length: number, where: string): void {
  const seen = new Uint8Array(length);
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i]!;
    if (position >= length) {
      throw new InvalidArgumentError(
        `${name} has the position ${position}; the positions in ${where} are 0 to ${length - 1}.`,
      );
    }
    if (seen[position]) throw new InvalidArgumentError(`${name} has the position ${position} twice; give each once.`);
    seen[position] = 1;
  }
}

/** The flat positions of a grid of positions on axes of the given lengths, in row-major order. */
function grid(parts: readonly ArrayLike<number>[], lengths: readonly number[], offset: number): Int32Array {
  let flat: Int32Array = Int32Array.of(0);
  parts.forEach((part, axis) => {
    const next = new Int32Array(flat.length * part.length);
    flat.forEach((base, i) => {
      for (let j = 0; j < part.length; j++) next[i * part.length + j] = base * lengths[axis]! + part[j]!;
    });
    flat = next;
  });
  return flat.map(position => position + offset);
}

function range(from: number, count: number): Int32Array {
  return Int32Array.from({length: count}, (_, i) => from + i);
}

function labelOf(entry: AxisSelection | null): string {
  if (entry === null) return ':';
  if (typeof entry === 'number') return String(entry);
  return 'from' in entry ? `${entry.from}:${entry.to}` : show(entry);
}
