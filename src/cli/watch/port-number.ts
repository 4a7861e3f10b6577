import {InvalidArgumentError as InvalidOption} from 'commander';

/** An option's value that is a port, or 0 for any that is free. */
export function portNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value) || value < 0 || value > 65_535) {
    throw new InvalidOption('It must be a whole number from 0 to 65535.');
  }
  return value;
}
