import type {Estimate} from '../../metrics/records.js';
import {moderatedError} from '../../metrics/statistics/moderated-error.js';
import {NORMAL_95} from '../../metrics/statistics/student-t.js';

/**
 * Collects ‖A v‖² over Rademacher probes v: each is an estimate of ‖A‖_F² = tr AᵀA.
 *
 * Its variance is 2 (‖AᵀA‖_F² − ‖diag AᵀA‖²). For two different probes, (A v · A v')² is an estimate of ‖AᵀA‖_F².
 */
export class SquaredNorms {
  private readonly squares: number[] = [];
  private sumOfFourthPowers = 0;
  private pairs = 0;

  /** @param columns how many columns A has. */
  constructor(private readonly columns: number) {}

  /** Adds ‖A v‖², and A v · A v' for some of the other probes v'. */
  add(square: number, crosses: readonly number[]): void {
    this.squares.push(square);
    for (const cross of crosses) this.sumOfFourthPowers += cross * cross;
    this.pairs += crosses.length;
  }

  /** ‖AᵀA‖_F²; 0 where no pair of probes was seen. */
  get fourthPowers(): number {
    return this.pairs > 0 ? this.sumOfFourthPowers / this.pairs : 0;
  }

  /**
   * The same, with one more pair whose value is the expectation for random eigenvalues: if the squares of the n eigenvalues of AᵀA are uniform
   * on a sphere, Σ λ⁴ = 3 (Σ λ²)² / (n + 2). This matters where n is small: then two probes may be nearly orthogonal in A by chance.
   */
  private moderatedFourthPowers(squaredNorm: number): number {
    if (this.pairs === 0) return 0;
    return (this.sumOfFourthPowers + (3 * squaredNorm ** 2) / (this.columns + 2)) / (this.pairs + 1);
  }

  /**
   * The mean, and its standard error: widened where probes are few, so that `value ± 1.96 standardError` is a 95 %
   * interval; `null` for one probe.
   */
  estimate(): Estimate {
    const {squares, columns, pairs} = this;
    const probes = squares.length;
    const value = squares.reduce((sum, x) => sum + x, 0) / probes;
    const fourth = this.moderatedFourthPowers(value);
    const variance = Math.max(0, 2 * (fourth - (value * value) / columns));
    // The estimate of ‖AᵀA‖_F² is as uncertain as the few pairs that it is the mean of. A dominant eigenvalue causes
    // heavy tails, whose variance is uncertain: the degrees shrink with the effective rank of AᵀA, down to a third.
    const effectiveRank = fourth > 0 ? Math.max(1, (value * value) / fourth) : 1;
    const prior = {variance, weight: Math.min(4, pairs / 3), degrees: (probes - 1) / (1 + 2 / effectiveRank)};
    const standardError = moderatedError(squares, prior);
    // With two probes, Student's t is wide enough for all that.
    const skewed = probes > 2 ? skewFactor(probes, effectiveRank) : 1;
    return {value, standardError: standardError === null ? null : skewed * standardError, probes};
  }
}

/**
 * How much farther the upper end of a mean's interval is if the samples are skewed, 1 + γ (1 + 2 z²) / (6 z √N) with z = 1.96 (Hall, 1992):
 * if the samples happen to be small, so is their spread. The skewness γ of ‖A v‖² is about that of χ² with the effective rank of AᵀA as its
 * degrees of freedom, √(8 / r).
 */
function skewFactor(probes: number, effectiveRank: number): number {
  const skewness = Math.sqrt(8 / effectiveRank);
  return 1 + (skewness * (1 + 2 * NORMAL_95 ** 2)) / (6 * NORMAL_95 * Math.sqrt(probes));
}

/**
 * The estimate of `scale` √x from that of x. The error is that of the interval whose ends are the roots of the ends of
 * x ± 1.96 δx, whichever end is farther.
 */
export function rootEstimate({value: x, standardError, probes}: Estimate, scale = 1): Estimate {
  const root = Math.sqrt(Math.max(0, x));
  if (standardError === null || standardError === 0) return {value: scale * root, standardError, probes};
  const reach = NORMAL_95 * standardError;
  const farther = Math.max(Math.sqrt(x + reach) - root, root - Math.sqrt(Math.max(0, x - reach)));
  return {value: scale * root, standardError: (scale * farther) / NORMAL_95, probes};
}
