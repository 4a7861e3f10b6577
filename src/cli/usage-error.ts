import {InvalidArgumentError} from '../errors.js';

/** A command was called in a wrong way, whatever is on this machine. Its exit code is 2. */
export class UsageError extends InvalidArgumentError {}

/** Runs a check of what was typed. What it refuses is wrong usage. */
export function asUsage<T>(check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (error instanceof InvalidArgumentError) throw new UsageError(error.message);
    throw error;
  }
}
