import type {EdgePoint, EdgeRecord} from './record.js';

/** A ratio from here on counts as being at the edge. */
const AT_THE_EDGE = 0.95;

export interface EdgeSummary {
  /** The step at which the ratio comes to the edge from below; `null` if it never does. */
  readonly reachedAt: number | null;
  /** Mean, least and largest ratio from then on. */
  readonly ratio: Range | null;
  /** The same for `top × learning rate / 2`. */
  readonly plain: Range | null;
  readonly loss: readonly [first: number, last: number];
}

interface Range {
  readonly mean: number;
  readonly least: number;
  readonly most: number;
}

/** `top × learning rate / 2`: what the ratio would be if the optimizer were plain gradient descent. */
export function plainRatio({learningRate}: EdgeRecord, {top}: EdgePoint): number {
  return (top * learningRate) / 2;
}

/** When a training reached its edge, and where it was from then on. */
export function summaryOf(record: EdgeRecord): EdgeSummary {
  const {points} = record;
  const below = points.findIndex(({ratio}) => ratio < AT_THE_EDGE);
  const first = below < 0 ? -1 : points.findIndex(({ratio}, i) => i > below && ratio >= AT_THE_EDGE);
  const after = first < 0 ? [] : points.slice(first);
  return {
    reachedAt: points[first]?.step ?? null,
    ratio: rangeOf(after.map(({ratio}) => ratio)),
    plain: rangeOf(after.map(point => plainRatio(record, point))),
    loss: [points[0]!.loss, points.at(-1)!.loss],
  };
}

function rangeOf(values: readonly number[]): Range | null {
  if (values.length === 0) return null;
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  return {mean, least: Math.min(...values), most: Math.max(...values)};
}
