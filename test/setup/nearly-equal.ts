const TOLERANCE = 1e-6;

/**
 * Whether two numbers, or lists of numbers, differ by at most 1e-6 of the largest in size; `undefined` for all else, which is
 * compared as ever.
 */
export function nearlyEqual(a: unknown, b: unknown): boolean | undefined {
  if (isFraction(a) && isFraction(b)) return isNear([a], [b]);
  if (!isFloats(a) || !isFloats(b)) return undefined;
  return a.length === b.length && isNear(a, b);
}

/** Counts are compared as they are. */
function isFraction(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && !Number.isInteger(value);
}

function isFloats(value: unknown): value is Float32Array | Float64Array {
  return value instanceof Float32Array || value instanceof Float64Array;
}

function isNear(a: ArrayLike<number>, b: ArrayLike<number>): boolean {
  const largest = Array.from(a).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return Array.from(a).every((value, i) => Object.is(value, b[i]) || Math.abs(value - b[i]!) <= TOLERANCE * largest);
}
