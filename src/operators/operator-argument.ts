import {check} from '../arguments/check.js';
import {hasMethods, isText, listOf, that} from '../arguments/kinds.js';
import {isRecord} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {LayerSlice, MatvecOperator, NetworkOperator} from './linear-operator.js';

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

const layersSchema = listOf(
  that<LayerSlice>(isLayer, 'a layer of an operator, {name, index, offset, size, …}'),
  'a list of layers, with at least one',
  1,
);

function isLayer(value: unknown): boolean {
  if (!isRecord(value) || !isText(value.name)) return false;
  const {index, offset, size} = value;
  return [index, offset, size].every(Number.isSafeInteger) && (size as number) > 0;
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
  check('layers', layersSchema, op.layers);
}

/** Throws if more of something is asked for than the operator has dimensions. */
export function requireWithinSize(name: string, value: number, op: Pick<MatvecOperator, 'size'>): void {
  if (value > op.size) {
    throw new InvalidArgumentError(
      `${name} is ${value}, but the operator has only ${op.size} dimension${op.size === 1 ? '' : 's'}; ask for at most ${op.size}.`,
    );
  }
}
