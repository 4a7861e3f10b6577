import {InvalidArgumentError, TfjsHessianError} from '../../errors.js';

/** An error of a worker, of the class that it had there, where others are told apart by it. */
export function workerError({name, message}: {readonly name: string; readonly message: string}): Error {
  if (name === 'InvalidArgumentError') return new InvalidArgumentError(message);
  return Object.assign(new TfjsHessianError(message), {name});
}
