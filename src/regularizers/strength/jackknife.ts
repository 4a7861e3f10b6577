/**
 * The standard error of a statistic of independent items, from the statistics with one item left out:
 * SE² = (n − 1)/n Σᵢ (θ₍ᵢ₎ − θ̄)². `null` for one item, and where a statistic is not finite. For a mean it is the usual one.
 *
 * Source: Quenouille (1956), Tukey (1958).
 */
export function jackknifeError<T>(items: readonly T[], statistic: (items: readonly T[]) => number): number | null {
  const n = items.length;
  if (n < 2) return null;
  const without = items.map((_, i) => statistic(items.filter((_, j) => j !== i)));
  const mean = without.reduce((sum, value) => sum + value, 0) / n;
  const error = Math.sqrt(((n - 1) / n) * without.reduce((sum, value) => sum + (value - mean) ** 2, 0));
  return Number.isFinite(error) ? error : null;
}
