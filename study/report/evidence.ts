import type {Outcome, Picture} from './claim.js';
import {LEVEL} from './claim.js';

/** What one way of testing a claim says of it. */
export interface Evidence {
  /** `null`: it has not run yet, or with too few seeds to say. */
  readonly outcome: Outcome | null;
  /** Its numbers in a few words, for the table at the top. */
  readonly inShort: string;
  /** Tables and their text. Pictures are in the page's own folder. */
  readonly text: string;
  readonly pictures: readonly Picture[];
}

export const notRunYet: Evidence = {outcome: null, inShort: '', text: 'This has not run yet.', pictures: []};

/** A comparison with its chance after correction. */
export interface Corrected {
  readonly mean: number;
  readonly adjusted: number;
}

/** The word for comparisons that should all be positive. */
export function outcomeOf(comparisons: readonly Corrected[]): Outcome | null {
  if (comparisons.length === 0) return null;
  const sure = comparisons.filter(({adjusted}) => adjusted < LEVEL);
  const support = sure.filter(({mean}) => mean > 0).length;
  if (support === comparisons.length) return 'holds';
  if (support > 0) return 'holds in part';
  return sure.length > 0 ? 'does not hold' : 'not shown';
}
