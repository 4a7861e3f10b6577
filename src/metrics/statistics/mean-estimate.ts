import type {Estimate} from '../records.js';
import {NORMAL_95, studentQuantile} from './student-t.js';

/**
 * The mean of one number a probe; the error is widened for few probes, so that `value ± 1.96 standardError` is a 95
 * % interval.
 */
export function meanEstimate(samples: readonly number[]): Estimate {
  const probes = samples.length;
  const value = samples.reduce((sum, x) => sum + x, 0) / probes;
  if (probes < 2) return {value, standardError: null, probes};
  const variance = samples.reduce((sum, x) => sum + (x - value) ** 2, 0) / (probes - 1);
  return {value, standardError: (Math.sqrt(variance / probes) * studentQuantile(probes - 1)) / NORMAL_95, probes};
}
