import {short} from '../../../report/markup.js';

/** Formats a number. */
export function number(value: number | null | undefined, digits = 4): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : short(value, digits);
}

/** Formats a number with the digits that its error allows. An error too small for four digits is omitted. */
export function estimate(value: number | null, error: number | null): string {
  if (value === null) return '–';
  if (error === null || error < 5e-5 * Math.abs(value)) return number(value);
  const digits = Math.floor(Math.log10(Math.abs(value))) - Math.floor(Math.log10(error)) + 2;
  return `${number(value, Math.max(1, Math.min(4, digits)))} ± ${number(error, 2)}`;
}
