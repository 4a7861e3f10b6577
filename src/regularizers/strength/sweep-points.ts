import type {Estimate} from '../../metrics/records.js';
import {combinedError} from '../../metrics/statistics/estimate-arithmetic.js';
import {meanEstimate} from '../../metrics/statistics/mean-estimate.js';
import {NORMAL_95, studentQuantile} from '../../metrics/statistics/student-t.js';
import type {PartResult} from './validation-parts.js';

/** What a strength does to the validation loss. */
export interface SweepPoint {
  readonly strength: number;
  /** The validation loss, without penalty and other regularizers: the mean over the repeats; `null` if one of them is not finite. */
  readonly loss: number | null;
  /** The validation loss after each repeat; `null` if it is not finite. */
  readonly losses: readonly (number | null)[];
  /**
   * The loss minus that without penalty. Both come from the same order of batches and the same random numbers in each repeat. The
   * standard error holds the scatter over repeats and over parts of the validation data; ±1.96 of it is a 95 % interval. `null` if a
   * loss is not finite.
   */
  readonly difference: Estimate | null;
  /** The mean over the repeats of each metric that the model is compiled with, such as `acc`. */
  readonly metrics: Readonly<Record<string, number | null>>;
  /** Whether it is the strength of the result. */
  readonly picked: boolean;
}

/** The parts' results after each repeat of a training with one strength. */
export interface StrengthRuns {
  readonly strength: number;
  readonly repeats: readonly (readonly PartResult[])[];
}

/**
 * The points of a sweep. The first of `runs` has strength 0.
 *
 * Picked is the strength with the lowest loss among those whose loss is lower than that of strength 0 beyond chance, and 0 if there
 * is none. Beyond chance: by so many standard errors that among all strengths together, one without an effect passes with a
 * probability of at most 2.5 % (Bonferroni).
 */
export function sweepPoints(runs: readonly StrengthRuns[], shares: readonly number[]): SweepPoint[] {
  const weighted = (values: readonly number[]) => values.reduce((sum, value, part) => sum + shares[part]! * value, 0);
  const lossesOf = ({repeats}: StrengthRuns) => repeats.map(parts => weighted(parts.map(({loss}) => loss)));
  const [none] = runs as [StrengthRuns];
  const points = runs.map(run => {
    const losses = lossesOf(run);
    return {
      strength: run.strength,
      loss: finite(mean(losses)),
      losses: losses.map(finite),
      difference: losses.every(Number.isFinite) ? differenceOf(run, none, shares, weighted) : null,
      metrics: metricsOf(run, weighted),
    };
  });
  const bar = studentQuantile(Number.POSITIVE_INFINITY, 0.05 / Math.max(1, runs.length - 1));
  const better = points.filter(({difference}) => difference !== null && isBelowZero(difference, bar));
  const best = better.reduce<(typeof points)[number] | null>(
    (least, point) => (least === null || point.loss! < least.loss! ? point : least),
    null,
  );
  return points.map(point => ({...point, picked: point === (best ?? points[0])}));
}

function isBelowZero({value, standardError}: Estimate, bar: number): boolean {
  return standardError !== null && value + bar * standardError < 0;
}

/** The mean paired difference, with the scatter over repeats and over parts. What both share counts twice: the error is not too small. */
function differenceOf(
  run: StrengthRuns,
  none: StrengthRuns,
  shares: readonly number[],
  weighted: (values: readonly number[]) => number,
): Estimate {
  const differences = run.repeats.map((parts, repeat) =>
    parts.map(({loss}, part) => loss - none.repeats[repeat]![part]!.loss),
  );
  const overRepeats = meanEstimate(differences.map(weighted));
  const byPart = shares.map((_, part) => mean(differences.map(parts => parts[part]!)));
  return {
    value: overRepeats.value,
    standardError: combinedError([overRepeats.standardError, errorOverParts(byPart, shares)]),
    probes: run.repeats.length,
  };
}

/** The standard error of a weighted mean, widened for few parts as `meanEstimate` does. */
function errorOverParts(values: readonly number[], shares: readonly number[]): number {
  const n = values.length;
  const centre = values.reduce((sum, value, i) => sum + shares[i]! * value, 0);
  const squares = values.reduce((sum, value, i) => sum + (shares[i]! * (value - centre)) ** 2, 0);
  return (Math.sqrt((n / (n - 1)) * squares) * studentQuantile(n - 1)) / NORMAL_95;
}

function metricsOf(
  {repeats}: StrengthRuns,
  weighted: (values: readonly number[]) => number,
): Record<string, number | null> {
  const names = Object.keys(repeats[0]![0]!.metrics);
  return Object.fromEntries(
    names.map(name => [name, finite(mean(repeats.map(parts => weighted(parts.map(({metrics}) => metrics[name]!)))))]),
  );
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
