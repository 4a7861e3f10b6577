import {InvalidArgumentError as InvalidOption} from 'commander';

/** An option's value that is a whole number, in digits, of at least `least` and at most `most`. */
function inDigits(text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\s*\+?\d+\s*$/.test(text) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidOption(`It must be a whole number ${range}.`);
}

/** An option's value that is a whole number of at least 1. */
export function wholeNumber(text: string): number {
  return inDigits(text, 1);
}

/** The same, or 0. */
export function wholeNumberOrZero(text: string): number {
  return inDigits(text, 0);
}

/** An option's value that is a port, or 0 for any that is free. */
export function portNumber(text: string): number {
  return inDigits(text, 0, 65_535);
}
