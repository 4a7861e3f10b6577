import type {ArmDifference} from '../analysis/arm-differences.js';
import type {AccuracyTitles} from './accuracy-evidence.js';

/** Differences to compare, with the names of both. */
export interface Differences {
  readonly found: readonly ArmDifference[];
  readonly titles: AccuracyTitles;
}
