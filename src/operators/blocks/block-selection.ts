import type {GenericSchema} from 'valibot';
import {lazy, optional} from 'valibot';
import {listOf, orNull, text, that, wholeNumber} from '../../arguments/kinds.js';
import {isRecord, optionsOf} from '../../arguments/options.js';

/** Positions on an axis, counted from 0: one, several in any order, or those from `from` up to, but not including, `to`. */
export type AxisSelection = number | readonly number[] | {readonly from: number; readonly to: number};

/**
 * A weight, or a part of it.
 *
 * `rows` and `columns` refer to the weight as a matrix, `[product of all axes but the last, last axis]`; a vector is a matrix of one row.
 * `index` refers to the axes themselves. The part's entries are in row-major order of the positions as they are given.
 */
export interface WeightBlockArgs {
  /** The weight's `path` or `name` in the operator's `layers`: `dense_1/kernel`. */
  readonly weight: string;
  /** Default: all rows. */
  readonly rows?: AxisSelection;
  /** Default: all columns. */
  readonly columns?: AxisSelection;
  /** One entry for each axis of the weight; `null` is the whole axis. Not together with `rows` and `columns`. Default: all axes as a whole. */
  readonly index?: readonly (AxisSelection | null)[];
}

/** Any set of weights. */
export interface IndexBlockArgs {
  /** Different positions in the network's vector, in any order: the block's vector has theirs. */
  readonly indices: Int32Array | readonly number[];
}

/** A diagonal block of a network's curvature: of a layer, by its name; of a weight or a part of it; of any set of weights. */
export type BlockSelection = string | WeightBlockArgs | IndexBlockArgs;

const AXIS = 'a position, a list of positions, or {from, to}';

const axisRange = optionsOf<{readonly from: number; readonly to: number}>('a part of an axis')({
  from: wholeNumber(0),
  to: wholeNumber(0),
}).schema;
const axisPositions = that<number | readonly number[]>(
  value => isPositions(typeof value === 'number' ? [value] : value),
  AXIS,
);
const axisSelection = lazy(input => (isRecord(input) ? axisRange : axisPositions)) as GenericSchema<AxisSelection>;

interface BlockArgs extends Partial<WeightBlockArgs>, Partial<IndexBlockArgs> {}

const FORMS = "a layer's name, {weight, rows, columns, index} or {indices}";

const ofWeights = optionsOf<BlockArgs>('block()')({
  weight: optional(text("a weight's name, such as 'dense_1/kernel'")),
  rows: optional(axisSelection),
  columns: optional(axisSelection),
  index: optional(
    listOf(orNull(axisSelection), `a list with an entry for each axis of the weight: ${AXIS}, or null for all`, 1),
  ),
  indices: optional(
    that<Int32Array | readonly number[]>(
      isPositions,
      'an Int32Array of positions in the vector of the network, with at least one',
    ),
  ),
}).schema;

/** The schema of a selection. Whether the weights exist is checked by `selectedBlock`. */
export const blockSelection = lazy(input => (isRecord(input) ? ofWeights : text(FORMS))) as GenericSchema<
  string | BlockArgs
>;

function isPositions(values: unknown): boolean {
  if (!Array.isArray(values) && !(values instanceof Int32Array)) return false;
  return values.length > 0 && values.every((value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0);
}
