import {InvalidArgumentError as InvalidOption} from 'commander';

/** Parses a whole number in digits, from `least` to `most`. */
function inDigits(text: string, least: number, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (/^\s*\+?\d+\s*$/.test(text) && value >= least && value <= most) return value;
  const range = most === Number.MAX_SAFE_INTEGER ? `of at least ${least}` : `from ${least} to ${most}`;
  throw new InvalidOption(`It must be a whole number ${range}.`);
}

/** Parses an option that is a whole number of at least 1. */
export function wholeNumber(text: string): number {
  return inDigits(text, 1);
}

/** Parses an option that is a whole number of at least 0. */
export function wholeNumberOrZero(text: string): number {
  return inDigits(text, 0);
}

/** Parses an option that is a number of classes. */
export function classCount(text: string): number {
  return inDigits(text, 2);
}

/** Parses an option that is a port; 0 means any free port. */
export function portNumber(text: string): number {
  return inDigits(text, 0, 65_535);
}
