/** A value that has been tried, with its result on validation images. */
export interface Trial {
  readonly value: number;
  readonly accuracy: number;
  readonly loss: number;
}

/** What values are tried. */
export interface Grid {
  /** The first values, ascending, each the same multiple of the one before. */
  readonly first: readonly number[];
  /** No value is below or above these. */
  readonly lowest: number;
  readonly highest: number;
}

/** The trial with the best accuracy; of equal ones that with the smallest loss. */
export function bestOf(trials: readonly Trial[]): Trial {
  return [...trials].sort((a, b) => b.accuracy - a.accuracy || a.loss - b.loss)[0]!;
}

/** Whether the best value is the smallest or the largest that was tried, and the grid can go on there. */
export function isAtOpenEnd(trials: readonly Trial[], grid: Grid): boolean {
  return trials.length > 0 && beyondEnd(trials, grid) !== null;
}

/**
 * The values to try next: first those of the grid; then the one beyond the end that the best one is at; then, where it is at no
 * end, the geometric mean of the best one and its better neighbour. None once as many have been tried as are wanted.
 */
export function nextValues(trials: readonly Trial[], grid: Grid, wanted: number): number[] {
  const tried = new Set(trials.map(({value}) => value));
  const first = grid.first.filter(value => !tried.has(value));
  if (first.length > 0) return first;
  return trials.length >= wanted ? [] : [beyondEnd(trials, grid) ?? between(trials)];
}

function beyondEnd(trials: readonly Trial[], {first, lowest, highest}: Grid): number | null {
  const factor = first[1]! / first[0]!;
  const values = trials.map(({value}) => value);
  const {value: best} = bestOf(trials);
  if (best === Math.min(...values)) return rounded(best / factor) >= lowest ? rounded(best / factor) : null;
  if (best === Math.max(...values)) return rounded(best * factor) <= highest ? rounded(best * factor) : null;
  return null;
}

function between(trials: readonly Trial[]): number {
  const sorted = [...trials].sort((a, b) => a.value - b.value);
  const best = bestOf(trials);
  const place = sorted.indexOf(best);
  const neighbours = [sorted[place - 1], sorted[place + 1]].filter(trial => trial !== undefined);
  return rounded(Math.sqrt(best.value * bestOf(neighbours).value));
}

/** To three digits, so that values have short names. */
function rounded(value: number): number {
  return Number(value.toPrecision(3));
}
