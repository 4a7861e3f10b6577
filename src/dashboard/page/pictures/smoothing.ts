/**
 * The exponentially weighted mean of a line up to each point; a point counts half as much as the one `halfLife` points later.
 * As `smooth(halfLife)` for streams.
 */
export function smoothed(values: readonly (number | null)[], halfLife: number): (number | null)[] {
  if (halfLife <= 0) return [...values];
  const decay = 2 ** (-1 / halfLife);
  let [weight, sum] = [0, 0];
  return values.map(value => {
    if (value === null) return null;
    weight = decay * weight + 1;
    sum = decay * sum + value;
    return sum / weight;
  });
}
