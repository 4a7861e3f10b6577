// Bounds the probability that a Krylov space missed an eigenvalue.
//
// After j steps from the unit vector b, χ_j(A) b = β_1 ⋯ β_j q_{j+1}, where χ_j is the monic polynomial whose roots are
// the Ritz values (Parlett, 1980, chapter 12). An eigenvector e of A with eigenvalue λ therefore has
//
//   |eᵀ b| |χ_j(λ)| = β_1 ⋯ β_j |eᵀ q_{j+1}| ≤ β_1 ⋯ β_j
//
// If λ lies outside of the Ritz values by some distance, the bound forces |eᵀ b| to be tiny, which is unlikely for a
// random b. A thick restart keeps some Ritz vectors; the polynomial keeps their factors, and the roots that the
// restart drops.

/** The polynomial of a chain. Immutable. */
export class RitzPolynomial {
  static readonly one = new RitzPolynomial(0, [], []);

  private constructor(
    /** ln(β_1 ⋯ β_j). */
    private readonly logProduct: number,
    /** The current Ritz values. */
    private readonly roots: readonly number[],
    /** Ritz values that restarts have dropped. */
    private readonly dropped: readonly number[],
  ) {}

  /** After a step that left a vector of this length. */
  multiplied(beta: number): RitzPolynomial {
    return new RitzPolynomial(this.logProduct + Math.log(beta), this.roots, this.dropped);
  }

  /** With these Ritz values. */
  at(roots: readonly number[]): RitzPolynomial {
    return new RitzPolynomial(this.logProduct, roots, this.dropped);
  }

  /** After a restart that has dropped some Ritz values. */
  restarted(dropped: readonly number[]): RitzPolynomial {
    return new RitzPolynomial(this.logProduct, [], [...this.dropped, ...dropped]);
  }

  /**
   * The probability that a random start vector of n entries is as nearly orthogonal to an eigenvector as the chain
   * admits, if the eigenvalue is x or lies beyond x, seen from the Ritz values.
   *
   * An entry of such a vector is below t in magnitude with a probability of at most t √(2 n / π).
   */
  missProbability(x: number, n: number): number {
    if (this.logProduct === Number.NEGATIVE_INFINITY) return 0;
    const logValue = [...this.roots, ...this.dropped].reduce((sum, root) => sum + Math.log(Math.abs(x - root)), 0);
    return Math.min(1, Math.sqrt((2 * n) / Math.PI) * Math.exp(this.logProduct - logValue));
  }
}
