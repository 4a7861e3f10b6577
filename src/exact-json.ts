// JSON that keeps every number. The standard loses the sign of zero, and has neither NaN nor the infinities.

/** Stands before a number that JSON cannot write. A text that begins with it gets it twice. */
const MARK = '\u0000';

const special = new Map<string, number>([
  ['-0', -0],
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
]);

/** What JSON writes in place of a number or a text; other values as they are. */
export function marked(value: unknown): unknown {
  if (typeof value === 'string') return value.startsWith(MARK) ? MARK + value : value;
  if (typeof value !== 'number') return value;
  if (Object.is(value, -0)) return `${MARK}-0`;
  return Number.isFinite(value) ? value : `${MARK}${value}`;
}

/** The inverse of `marked`. */
export function unmarked(value: unknown): unknown {
  if (typeof value !== 'string' || !value.startsWith(MARK)) return value;
  const rest = value.slice(MARK.length);
  return special.get(rest) ?? rest;
}

/** Plain data as JSON, without loss. */
export function toExactJson(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => marked(each));
}

/** The inverse of `toExactJson`. */
export function fromExactJson(text: string): unknown {
  return JSON.parse(text, (_, each: unknown) => unmarked(each));
}
