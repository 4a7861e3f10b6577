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
   * The mean, and its standard error: widened where probes are few, so that `value ± 1.96 standardError` is a 95 %
   * interval; `null` for one probe.
   */
  estimate(): Estimate {
    const {squares, columns, pairs} = this;
    const probes = squares.length;
    const value = squares.reduce((sum, x) => sum + x, 0) / probes;
    const fourth = this.fourthPowers;
    const variance = Math.max(0, 2 * (fourth - (value * value) / columns));
    // The estimate of ‖AᵀA‖_F² is as uncertain as the few pairs that it is the mean of. A dominant eigenvalue causes
    // heavy tails, whose variance is uncertain: the degrees shrink with the effective rank of AᵀA, down to a third.
    const effectiveRank = fourth > 0 ? Math.max(1, (value * value) / fourth) : 1;
    const prior = {variance, weight: Math.min(4, pairs / 3), degrees: (probes - 1) / (1 + 2 / effectiveRank)};
    return {value, standardError: moderatedError(squares, prior), probes};
  }
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
