import {check} from '../arguments/check.js';
import {numberFrom, orNull} from '../arguments/kinds.js';
import {estimateSchema} from './record-schemas.js';
import type {BlockSpectrum, Estimate, LayerSpectrum} from './records.js';
import {scaled, sumOf} from './statistics/estimate-arithmetic.js';

/**
 * A bound on the relative flatness of a kernel from two numbers, ‖w‖² tr H_w.
 *
 * For positive semidefinite H_w it is at least Σ_ss' ⟨w_s, w_s'⟩ tr H_ss' over pairs of the layer's neurons. That sum is the
 * `relativeFlatness` of a layer's record and the built-in metric. Trace and norm must be those of the kernel alone: with biases, the
 * bound changes when a layer is scaled up and the next one down. NaN if ‖w‖ is not known.
 *
 * Source: Petzka, Kamp, Adilova, Sminchisescu & Boley (2021), definition 3.
 *
 * @example
 * const {value} = relativeFlatness(await trace(kernelHessian), Math.hypot(...kernel));
 */
export function relativeFlatness(trace: Estimate, weightNorm: number | null | undefined): Estimate {
  check('trace', estimateSchema, trace);
  check('weightNorm', orNull(numberFrom(0)), weightNorm ?? null);
  return scaled(trace, weightNorm === null || weightNorm === undefined ? Number.NaN : weightNorm ** 2);
}

/** The sum of all layers' relative flatness; NaN unless the layers hold all parameters and one of them has a kernel. */
export function networkFlatness(full: BlockSpectrum, layers: readonly LayerSpectrum[]): Estimate {
  const parts = layers.flatMap(layer => layer.relativeFlatness ?? []);
  const isWhole = layers.reduce((sum, {parameters}) => sum + parameters, 0) === full.parameters;
  if (!isWhole || parts.length === 0) return {value: Number.NaN, standardError: null, probes: full.trace.probes};
  return sumOf(parts);
}
