import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {functionOrAsync} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import {longWork} from '../long-work.js';
import type {RitzValue} from '../metrics/records.js';
import type {Batch} from '../model/batch.js';
import {requireModel} from '../model/model-argument.js';
import type {CurvatureArgs} from '../operators/curvature-args.js';
import {hessian} from '../operators/hessian.js';
import type {LinearOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {deriveSeed} from '../random.js';
import type {EigenvaluesArgs} from './eigenvalues.js';
import {eigenvaluesArgs, eigenvaluesOf, productsAllowed} from './eigenvalues.js';

/** Options of `miniBatchEigenvalues`. */
export interface MiniBatchEigenvaluesArgs extends Omit<EigenvaluesArgs, 'vectors'> {
  /** Makes the operator of each batch; default `hessian`. */
  readonly operator?: (model: LayersModel, batch: Batch, args: CurvatureArgs) => Promise<LinearOperator>;
}

const {vectors: _, ...shared} = eigenvaluesArgs.entries;

const miniBatchEigenvaluesArgs = optionsOf<MiniBatchEigenvaluesArgs>('miniBatchEigenvalues()')({
  ...shared,
  operator: optional(
    functionOrAsync<NonNullable<MiniBatchEigenvaluesArgs['operator']>>('a function such as hessian'),
    () => hessian,
  ),
});

/**
 * The top eigenvalues on each of several mini-batches: the spread of the sharpness from batch to batch, which one
 * large batch averages out (Park & Kim 2022).
 *
 * `batchSpread` (`tfjs-hessian/metrics`) turns them into intervals: of the mean over all batches, and of one more batch.
 *
 * Costs as `eigenvalues`, for each batch.
 *
 * @returns one list a batch, best first.
 * @throws InvalidArgumentError where there is no batch, and as `hessian` and `eigenvalues` do.
 */
export async function miniBatchEigenvalues(
  model: LayersModel,
  batches: Iterable<Batch> | AsyncIterable<Batch>,
  args?: MiniBatchEigenvaluesArgs,
): Promise<RitzValue[][]> {
  requireModel(model);
  requireBatches(batches);
  const {operator, seed, ...rest} = miniBatchEigenvaluesArgs(args);
  return longWork(rest, 0, async work => {
    const found: RitzValue[][] = [];
    for await (const batch of batches) {
      await work.pause();
      const drawn = deriveSeed(seed, 'batch', found.length);
      const op = await operator(model, batch, {seed: drawn});
      requireOperator(op);
      try {
        const options = {...rest, seed: drawn, vectors: false};
        const most = productsAllowed(op, options);
        // The number of batches is known of a list only.
        work.expect((Array.isArray(batches) ? batches.length : found.length + 1) * most);
        const {values, residuals} = await eigenvaluesOf(op, options, work);
        found.push(values.map((value, i) => ({value, residual: residuals[i]!})));
        work.skipTo(found.length * most);
      } finally {
        op.dispose?.();
      }
    }
    if (found.length === 0) throw new InvalidArgumentError('There are no batches; give at least one {x, y}.');
    return found;
  });
}

function requireBatches(batches: unknown): void {
  const isIterable = typeof batches === 'object' && batches !== null;
  if (isIterable && (Symbol.iterator in batches || Symbol.asyncIterator in batches)) return;
  throw new InvalidArgumentError(`batches is ${show(batches)}; it must be a list, or another iterable, of {x, y}.`);
}
