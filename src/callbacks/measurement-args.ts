import {optional, union} from 'valibot';
import {mustBe} from '../arguments/check.js';
import {finiteNumber, flag, oneOf, that, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import type {LayerSlice} from '../operators/linear-operator.js';
import type {CurvatureName} from './sampling/curvatures.js';
import {curvatures} from './sampling/curvatures.js';

/** How statistics of gradients are taken. */
export interface GradientsArgs {
  /** The number of parts of the batch whose gradients give the noise scale; as many as samples gives the samples' own. Default: 8. */
  readonly parts?: number;
}

/** What a sample measures, and so what it costs. */
export interface MeasurementArgs {
  /** The layers whose blocks are sampled besides the whole network; default `'all'`. */
  readonly layers?: LayerSelection<LayerSlice>;
  /** Lanczos steps; default 20. */
  readonly steps?: number;
  /** Probes; default 2. */
  readonly probes?: number;
  /**
   * The standard errors of the traces are at most those of n Hutchinson probes, for 2 to n more products: as many as it takes, and
   * all n while an error is above 15 % of its trace. With 0, traces and norms come from the Lanczos probes; default 10.
   */
  readonly traceProbes?: number;
  /** The number of eigenvalues at each end of the spectrum; default 1. */
  readonly k?: number;
  /** Seed of the probes, which differ between samples, and of dropout during a sample; default 0. */
  readonly seed?: number;
  /** The curvature that is sampled; default `'hessian'`. */
  readonly operator?: CurvatureName;
  /**
   * Whether the loss that is sampled includes the layers' own regularizers, as `hessian` does with this option; default false. For
   * `operator: 'hessian'` alone.
   */
  readonly regularizers?: boolean;
  /** The number of rows of the batch that are used, from the first; default: all. */
  readonly subBatch?: number;
  /**
   * Whether each sample also has statistics of the gradient: its length, the size of the newest step, the gradient noise scale
   * (McCandlish et al. 2018) and where the step ended in its quadratic (Schneider, Dangel & Hennig 2021). Costs up to three gradient
   * passes a sample, and the memory of the weights before each step. `{parts}`: the number of parts of the batch that the noise scale
   * comes from; `true` is `{parts: 8}`. Not in the background. Default: false.
   */
  readonly gradients?: boolean | GradientsArgs;
}

const GRADIENTS = 'true, false or {parts: 8}';
const gradientsArgs = optionsOf<GradientsArgs>('gradients')({parts: optional(wholeNumber(2), 8)});

/** The options with their defaults. */
export const measurementArgs = optionsOf<MeasurementArgs>('a sample')({
  layers: optional(layerSelection<LayerSlice>(), 'all'),
  steps: optional(wholeNumber(), 20),
  probes: optional(wholeNumber(), 2),
  traceProbes: optional(wholeNumber(0), 10),
  k: optional(wholeNumber(), 1),
  seed: optional(finiteNumber(), 0),
  operator: optional(oneOf(Object.keys(curvatures) as CurvatureName[]), 'hessian'),
  regularizers: optional(flag(), false),
  subBatch: optional(wholeNumber()),
  gradients: optional(
    union([that<boolean>(value => typeof value === 'boolean', GRADIENTS), gradientsArgs.schema], mustBe(GRADIENTS)),
    false,
  ),
});

/** @throws InvalidArgumentError for options that do not go together. */
export function requireMeasurable({
  regularizers,
  operator,
}: Required<Pick<MeasurementArgs, 'regularizers' | 'operator'>>): void {
  if (regularizers && operator !== 'hessian') {
    throw new InvalidArgumentError(
      `regularizers is true, but operator is '${operator}'; only the Hessian includes them. Leave one of the two out.`,
    );
  }
}

/** The number of parts for statistics of gradients; `null`: none are taken. */
export function partsOf(gradients: boolean | GradientsArgs): number | null {
  return gradients === false ? null : gradientsArgs(gradients === true ? {} : gradients).parts;
}
