/** Half width, in standard deviations, of the normal distribution's central 95 %. */
export const NORMAL_95 = 1.959963984540054;

/**
 * The quantile of Student's t with `degrees` ≥ 1 degrees of freedom (not necessarily a whole number) that leaves
 * `tail` / 2 on either side.
 *
 * Source: Hill, Algorithm 396 (Communications of the ACM, 1970); six digits and more.
 *
 * @example
 * studentQuantile(3);     // 3.182…
 */
export function studentQuantile(degrees: number, tail = 0.05): number {
  if (degrees === 1) return 1 / Math.tan((tail * Math.PI) / 2);
  if (degrees === 2) return Math.sqrt(2 / (tail * (2 - tail)) - 2);
  if (degrees > 1e7) degrees = 1e7;
  const a = 1 / (degrees - 0.5);
  const b = (48 / a) * (1 / a);
  let c = ((20700 * a) / b - 98) * a - 16;
  c = c * a + 96.36;
  const d = ((94.5 / (b + c) - 3) / b + 1) * Math.sqrt((a * Math.PI) / 2) * degrees;
  let y = (d * tail) ** (2 / degrees);
  if (y > 0.05 + a) {
    const x = -normalUpper(tail / 2);
    y = x * x;
    if (degrees < 5) c += 0.3 * (degrees - 4.5) * (x + 0.6);
    c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c;
    y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x;
    y = a * y * y;
    y = y > 0.002 ? Math.expm1(y) : 0.5 * y * y + y;
  } else {
    y =
      ((1 / (((degrees + 6) / (degrees * y) - 0.089 * d - 0.822) * (degrees + 2) * 3) + 0.5 / (degrees + 4)) * y - 1) *
        ((degrees + 1) / (degrees + 2)) +
      1 / y;
  }
  return Math.sqrt(degrees * y);
}

/** The point that a standard normal exceeds with probability `tail` < 1/2 (Acklam's rational function, 1e-9). */
function normalUpper(tail: number): number {
  const a = [
    -39.69683028665376, 220.9460984245205, -275.9285104469687, 138.357751867269, -30.66479806614716, 2.506628277459239,
  ];
  const b = [-54.47609879822406, 161.5858368580409, -155.6989798598866, 66.80131188771972, -13.28068155288572];
  const c = [
    -0.007784894002430293, -0.3223964580411365, -2.400758277161838, -2.549732539343734, 4.374664141464968,
    2.938163982698783,
  ];
  const d = [0.007784695709041462, 0.3224671290700398, 2.445134137142996, 3.754408661907416];
  const horner = (coefficients: readonly number[], x: number) => coefficients.reduce((sum, k) => sum * x + k, 0);
  if (tail < 0.02425) {
    const q = Math.sqrt(-2 * Math.log(tail));
    return -horner(c, q) / horner([...d, 1], q);
  }
  const q = tail - 0.5;
  const r = q * q;
  return (-horner(a, r) * q) / horner([...b, 1], r);
}
