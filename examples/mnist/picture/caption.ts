import type {Run} from '../run.js';
import {BANDWIDTH, LINEAR_BELOW} from './eigenvalue-axis.js';

/** The caption, in lines that fit: what the picture shows and how it was measured. */
export function caption(runs: readonly Run[]): string[] {
  const {batchSize, full} = runs[0]!.samples.at(-1)!;
  const probes = full.density.nodes.length;
  const steps = full.density.nodes[0]!.length;
  return [
    `Exact Hessian of the data loss on the same ${batchSize} training images throughout; a layer's column is its diagonal block. ` +
      `Ridges: log₁₀(1 + eigenvalues per decade) by stochastic Lanczos quadrature`,
    `(${steps} steps, ${probes} probes), smoothed with σ = ${BANDWIDTH} decades; the axis is linear within ±${LINEAR_BELOW}. ` +
      'Dots on them: the largest eigenvalue. Traces: mean ± 1 standard error over the probes.',
  ];
}
