import {InvalidArgumentError} from '../errors.js';
import type {MatvecOperator} from '../operators/linear-operator.js';

/** Throws unless `value` is a whole number of at least `least`. */
export function requireInteger(name: string, value: number, least = 1): void {
  if (!Number.isInteger(value) || value < least) {
    throw new InvalidArgumentError(`${name} is ${String(value)}; it must be a whole number of at least ${least}.`);
  }
}

/** Throws unless `value` is one of `allowed`. */
export function requireOneOf<T extends string>(name: string, value: T, allowed: readonly T[]): void {
  if (!allowed.includes(value)) {
    const list = allowed.map(item => `'${item}'`).join(', ');
    throw new InvalidArgumentError(`${name} is ${JSON.stringify(value)}; it must be one of ${list}.`);
  }
}

/** Throws unless `value` is a positive finite number. */
export function requirePositive(name: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) {
    throw new InvalidArgumentError(`${name} is ${String(value)}; it must be a positive number.`);
  }
}

/** Throws unless `seed` is a finite number. */
export function requireSeed(seed: number): void {
  if (typeof seed !== 'number' || !Number.isFinite(seed)) {
    throw new InvalidArgumentError(`seed is ${String(seed)}; it must be a finite number.`);
  }
}

/** Throws unless `op` has a size and a product. */
export function requireOperator(op: MatvecOperator): void {
  if (typeof op !== 'object' || op === null || typeof op.matvec !== 'function') {
    throw new InvalidArgumentError(
      'The operator has no matvec(v); an operator is an object with a size and a matvec that maps a Tensor1D to one.',
    );
  }
  if (!Number.isInteger(op.size) || op.size < 1) {
    throw new InvalidArgumentError(
      `The operator's size is ${String(op.size)}; it must be a whole number of at least 1.`,
    );
  }
}

/** Throws if more of something is asked for than the operator has dimensions. */
export function requireWithinSize(name: string, value: number, op: MatvecOperator): void {
  if (value > op.size) {
    throw new InvalidArgumentError(
      `${name} is ${value}, but the operator has only ${op.size} dimension${op.size === 1 ? '' : 's'}; ask for at most ${op.size}.`,
    );
  }
}
