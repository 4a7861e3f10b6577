import {formatEstimate} from '../../../format-number.js';
import {typeset, typesetNumber} from '../../../report/markup.js';

/** Formats a number. */
export function number(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : typesetNumber(value, digits);
}

/** An interval in parentheses, with as many digits as its ends need to differ; '' if it is empty. */
export function interval(low: number, high: number, least = 3): string {
  if (!(low < high)) return '';
  for (let digits = least; digits <= 6; digits++) {
    const [from, to] = [number(low, digits), number(high, digits)];
    if (from !== to) return ` (${from} to ${to})`;
  }
  return '';
}

/** Formats a whole number with commas. */
export function count(value: number): string {
  return value.toLocaleString('en');
}

/** Formats a number with its error, if it has one. */
export function estimate(value: number | null, error: number | null): string {
  if (value === null || error === null) return number(value);
  return typeset(formatEstimate(value, error));
}
