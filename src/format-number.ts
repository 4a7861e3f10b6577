/** A number with at most `digits` significant digits: `formatNumber(0.123456)` is `'0.1235'`, and 1234567 is `'1.235e6'`. */
export function formatNumber(value: number, digits = 4): string {
  const rounded = Number(value.toPrecision(digits));
  const size = Math.abs(rounded);
  return size >= 1e6 || (size < 1e-5 && size > 0) ? rounded.toExponential().replace('e+', 'e') : String(rounded);
}

/**
 * A number with its error, and with no more digits than the error allows: `formatEstimate(12.3456, 0.81)` is
 * `'12.35 ± 0.81'`. An error that is too small to be seen in four digits is left out; an unknown one is `?`.
 */
export function formatEstimate(value: number, error: number | null): string {
  if (error === null) return `${formatNumber(value)} ± ?`;
  if (error <= 5e-5 * Math.abs(value)) return formatNumber(value);
  // Down to the place of the error's second digit.
  const digits = value === 0 ? 1 : Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(error)) + 2;
  return `${formatNumber(value, Math.max(1, Math.min(4, digits)))} ± ${formatNumber(error, 2)}`;
}
