/**
 * Whether a test may be skipped for want of something. In CI it may not: there the test runs without it, and fails.
 */
export function absent(needed: unknown): boolean {
  return !needed && process.env.CI !== 'true';
}
