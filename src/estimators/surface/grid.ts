/** Evenly from −range to range, with 0 exactly in the middle. One point is at 0. */
export function stepsOf(points: number, range: number): number[] {
  return Array.from({length: points}, (_, i) => (points === 1 ? 0 : (range * (2 * i - (points - 1))) / (points - 1)));
}

/** All places of the grid, from the corners to the middle: where a loss is not finite, it is likeliest so far away. */
export function farthestFirst(u: readonly number[], v: readonly number[]): (readonly [number, number])[] {
  const places = u.flatMap((_, i) => v.map((_, j) => [i, j] as const));
  const distance = ([i, j]: readonly [number, number]) => Math.hypot(u[i]! / u.at(-1)! || 0, v[j]! / v.at(-1)! || 0);
  return places.sort((a, b) => distance(b) - distance(a));
}
