import {InvalidArgumentError as InvalidOption} from 'commander';

/** An option's value that is a whole number of at least 1. */
export function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidOption('It must be a whole number of at least 1.');
  return value;
}

/** The same, or 0. */
export function wholeNumberOrZero(text: string): number {
  return text.trim() === '0' ? 0 : wholeNumber(text);
}
