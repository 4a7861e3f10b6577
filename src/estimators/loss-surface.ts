import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries, type Work} from '../long-work.js';
import type {RitzValue} from '../metrics/records.js';
import type {Batch} from '../model/batch.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';
import {variablesOf, weightedLayers} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import {WeightSnapshot} from '../model/weight-snapshot.js';
import type {BatchDataset} from '../operators/from-model/batch-dataset.js';
import {requireData} from '../operators/from-model/batch-dataset.js';
import {hessian} from '../operators/hessian.js';
import {withOwned} from '../owned.js';
import {eigenvaluesArgs, eigenvaluesOf, productsAllowed} from './eigenvalues.js';
import {filterNormalized} from './surface/filter-normalized.js';
import {givenDirection, isDirection, type SurfaceDirection} from './surface/given-direction.js';
import {farthestFirst, stepsOf} from './surface/grid.js';
import {HeldLoss} from './surface/held-loss.js';
import {Plane} from './surface/plane.js';

/** The two directions of a surface: the top eigenvectors of the Hessian, random ones, or two of your own. */
export type SurfaceDirections =
  | 'eigenvectors'
  | 'filterNormalized'
  | readonly [u: SurfaceDirection, v: SurfaceDirection];

/** Options of `lossSurface`. */
export interface LossSurfaceArgs extends LongWorkArgs {
  /**
   * `'filterNormalized'`: two random directions whose filters are as long as those of the weights. `'eigenvectors'`: the eigenvectors of the
   * Hessian's two largest eigenvalues, of unit length. Or two directions, each a vector of all trainable weights or a list of tensors, one a
   * weight. Default: 'filterNormalized'.
   */
  readonly directions?: SurfaceDirections;
  /** How many points each axis has, or `[along u, along v]`. An odd number has one at the model's own weights. Default: 31. */
  readonly points?: number | readonly [u: number, v: number];
  /** Each axis reaches from −range to range, in lengths of its direction; or `[along u, along v]`. Default: 1. */
  readonly range?: number | readonly [u: number, v: number];
  /** Seeds the random directions, the search for eigenvectors, and what dropout and noise layers draw. Default: 0. */
  readonly seed?: number;
  /** How many batches of a data set are used. Default: all. */
  readonly batches?: number;
}

const isRange = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
const isCount = (value: unknown) => Number.isSafeInteger(value) && (value as number) > 0;

function isPairOf(is: (value: unknown) => boolean): (value: unknown) => boolean {
  return value => is(value) || (Array.isArray(value) && value.length === 2 && value.every(is));
}

const lossSurfaceArgs = optionsOf<LossSurfaceArgs>('lossSurface()')({
  directions: optional(
    that<SurfaceDirections>(
      value =>
        value === 'eigenvectors' ||
        value === 'filterNormalized' ||
        (Array.isArray(value) && value.length === 2 && value.every(isDirection)),
      "'eigenvectors', 'filterNormalized', or a list of two directions, each a tensor, a list of finite numbers or a list of tensors",
    ),
    'filterNormalized',
  ),
  points: optional(
    that<NonNullable<LossSurfaceArgs['points']>>(isPairOf(isCount), 'a whole number of at least 1, or a list of two'),
    31,
  ),
  range: optional(
    that<NonNullable<LossSurfaceArgs['range']>>(isPairOf(isRange), 'a positive number, or a list of two'),
    1,
  ),
  seed: optional(finiteNumber(), 0),
  batches: optional(wholeNumber()),
  ...longWorkEntries,
});

/** The loss on a plane through a model's weights. Plain data: it survives JSON. */
export interface LossSurface {
  readonly directions: 'eigenvectors' | 'filterNormalized' | 'given';
  /** Steps along the first direction, in its lengths. */
  readonly u: number[];
  /** Steps along the second direction. */
  readonly v: number[];
  /** `loss[i][j]` is the loss at θ + `u[i]` d₁ + `v[j]` d₂. */
  readonly loss: number[][];
  /** The loss at the model's own weights θ. */
  readonly center: number;
  /** The lengths of d₁ and d₂. */
  readonly norms: readonly [u: number, v: number];
  /** The cosine of the angle between d₁ and d₂; 0 if they are orthogonal. */
  readonly cosine: number;
  /** The curvatures along both directions if they are eigenvectors, else `null`. A true eigenvalue lies within each residual. */
  readonly eigenvalues: RitzValue[] | null;
}

/**
 * The loss of a model on a plane through its weights, on a batch or over a data set.
 *
 * The loss is that of the operators: as `fit` minimizes it, without regularizers, with the same dropout masks at each point. The weights are those
 * at the call; the model keeps its own at all times as far as other code can see, also while it trains, after an abort and after an error.
 *
 * A random direction compares networks only if a filter's part is as long as the filter: networks with batch normalization or relu compute the same
 * with other lengths (Li et al. 2018). `'filterNormalized'` does that for each unit, channel and row of an embedding; biases, weights of normalization
 * layers and slopes of PReLU stay as they are.
 *
 * Costs `points`² + 1 forward passes, and as `eigenvalues` with k = 2 for eigenvectors. Progress counts both. Memory: four copies of the weights.
 *
 * Source: Li, Xu, Taylor, Studer & Goldstein (2018); Yao, Gholami, Keutzer & Mahoney (2020) for the eigenvectors.
 *
 * @throws InvalidArgumentError for bad options, a direction that does not fit the weights or is zero, a loss that is not finite at some point, and
 *     as `hessian` does.
 * @example
 * const {u, v, loss} = await lossSurface(model, {x, y}, {directions: 'eigenvectors', points: 21, range: 0.5});
 * console.log(`at the corner u = ${u[0]}, v = ${v[0]} the loss is ${loss[0]![0]}`);
 */
export async function lossSurface(
  model: LayersModel,
  data: Batch | BatchDataset,
  args?: LossSurfaceArgs,
): Promise<LossSurface> {
  requireModel(model);
  const {directions, points, range, seed, batches, ...long} = lossSurfaceArgs(args);
  requireData(data);
  const layers = weightedLayers(model);
  const search = eigenvaluesArgs({k: 2, seed, vectors: true});
  const products = directions === 'eigenvectors' ? productsAllowed(requirePlane(layers), search) : 0;
  const [u, v] = [0, 1].map(axis => stepsOf(ofAxis(points, axis), ofAxis(range, axis))) as [number[], number[]];
  const {signal} = long;
  const kind: LossSurface['directions'] = typeof directions === 'string' ? directions : 'given';
  return longWork(long, products + u.length * v.length + 1, work =>
    withOwned(async owned => {
      const snapshot = owned.use(new WeightSnapshot(model));
      const held = owned.use(new HeldLoss(model, data, seed, snapshot));
      const plane = owned.use(new Plane(layers));
      if (kind === 'filterNormalized')
        plane.span(weights => [0, 1].map(d => filterNormalized(layers, weights, seed, d)));
      if (typeof directions === 'object') plane.span(() => givenDirections(directions, layers));
      await held.read(batches, work);
      let eigenvalues: RitzValue[] | null = null;
      if (kind === 'eigenvectors') {
        const making = {seed, ...(signal && {signal})};
        const H = owned.use(await snapshot.during(() => hessian(model, held.batches as Batch, making)));
        const {values, residuals, vectors} = await eigenvaluesOf(H, search, work);
        plane.spanColumns(owned.use(vectors!));
        eigenvalues = values.map((value, i) => ({value, residual: residuals[i]!}));
        H.dispose();
        work.skipTo(products);
      }
      const {norms, cosine} = await plane.measure();
      norms.forEach(requireLength);
      const center = await lossAt(held, plane, 0, 0, work);
      const loss = u.map(() => v.map(() => center));
      for (const [i, j] of farthestFirst(u, v)) loss[i]![j] = await lossAt(held, plane, u[i]!, v[j]!, work);
      return {directions: kind, u, v, loss, center, norms, cosine, eigenvalues};
    }),
  );
}

async function lossAt(held: HeldLoss, plane: Plane, a: number, b: number, work: Work): Promise<number> {
  await work.pause();
  const moved = plane.at(a, b);
  try {
    const loss = await held.at(moved, work);
    if (Number.isFinite(loss)) return loss;
  } finally {
    for (const {value} of moved) value.dispose();
  }
  throw new InvalidArgumentError(
    a === 0 && b === 0
      ? 'The loss is not finite at the weights of the model; look for a learning rate that is too high, or for bad values in the data.'
      : `The loss is not finite at u = ${a}, v = ${b}; choose a smaller range.`,
  );
}

function givenDirections(directions: readonly SurfaceDirection[], layers: readonly WeightedLayer[]) {
  const weights = layers.flatMap(({variables}) => variables);
  return directions.map((direction, i) => givenDirection(`directions[${i}]`, direction, weights));
}

function ofAxis(value: number | readonly [number, number], axis: number): number {
  return typeof value === 'number' ? value : value[axis]!;
}

/** @throws InvalidArgumentError if the weights have one dimension. */
function requirePlane(layers: readonly WeightedLayer[]): {size: number} {
  const size = variablesOf(layers).reduce((sum, variable) => sum + variable.size, 0);
  if (size > 1) return {size};
  throw new InvalidArgumentError(
    'The model has 1 trainable parameter, which has one eigenvector; give two directions.',
  );
}

/** @throws InvalidArgumentError for a direction without length. */
function requireLength(norm: number, axis: number): void {
  if (norm > 0 && Number.isFinite(norm)) return;
  throw new InvalidArgumentError(
    `directions[${axis}] has the length ${norm}; it must be finite and not 0. A filter-normalized direction is 0 if no weight has ` +
      'filters, or all of them are 0: give two directions.',
  );
}
