// JSON that keeps every number. The standard loses the sign of zero, and has neither NaN nor the infinities.

/** Stands before a number that JSON cannot write. A text that begins with it gets it twice. */
const MARK = '\u0000';

const special = new Map<string, number>([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** Plain data as JSON, without loss. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === 'string') return each.startsWith(MARK) ? MARK + each : each;
    if (typeof each !== 'number') return each;
    if (Object.is(each, -0)) return `${MARK}-0`;
    return Number.isFinite(each) ? each : `${MARK}${each}`;
  });
}

/** The inverse of `toExactJson`. */
export function fromExactJson(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => {
    if (typeof each !== 'string' || !each.startsWith(MARK)) return each;
    const rest = each.slice(MARK.length);
    return special.get(rest) ?? rest;
  });
}
