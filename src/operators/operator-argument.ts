import {hasMethods} from '../arguments/kinds.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {MatvecOperator, NetworkOperator} from './linear-operator.js';

/** Throws unless `op` has a size and a product. */
export function requireOperator(op: MatvecOperator): void {
  if (!hasMethods(op, ['matvec'])) {
    throw new InvalidArgumentError(
      `The operator has no matvec(v); an operator is an object with a size and a matvec that maps a Tensor1D to one. Got ${show(op)}.`,
    );
  }
  if (!Number.isInteger(op.size) || op.size < 1) {
    throw new InvalidArgumentError(`The operator's size is ${show(op.size)}; it must be a whole number of at least 1.`);
  }
  const {matmat} = op;
  if (matmat !== undefined && typeof matmat !== 'function') {
    throw new InvalidArgumentError(`The operator's matmat is ${show(matmat)}; it must be a function, or left out.`);
  }
}

/** Throws unless `op` is an operator with layers, of which each has a block. */
export function requireNetwork(op: NetworkOperator): void {
  if (op === null || typeof op !== 'object' || !Array.isArray(op.layers) || typeof op.block !== 'function') {
    throw new InvalidArgumentError(
      'The operator has no layers; make one of a model with hessian(model, batch), or ask for spectrum(op) instead. ' +
        `Got ${show(op)}.`,
    );
  }
  requireOperator(op);
}

/** Throws if more of something is asked for than the operator has dimensions. */
export function requireWithinSize(name: string, value: number, op: MatvecOperator): void {
  if (value > op.size) {
    throw new InvalidArgumentError(
      `${name} is ${value}, but the operator has only ${op.size} dimension${op.size === 1 ? '' : 's'}; ask for at most ${op.size}.`,
    );
  }
}
