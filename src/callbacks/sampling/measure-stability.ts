import type {Tensor1D} from '@tensorflow/tfjs-core';
import {eigenvalues} from '../../estimators/eigenvalues.js';
import type {BlockSpectrum, RitzValue} from '../../metrics/records.js';
import type {NetworkOperator} from '../../operators/linear-operator.js';
import {scaledBy} from '../../operators/preconditioning/preconditioned.js';
import type {HessianSample} from '../../streams/hessian-sample.js';
import {toError} from '../../streams/shielded.js';
import {edgeSteps} from '../cost/sample-work.js';
import type {Edge} from './read-edge.js';

/** A sample's part about the edge of stability. */
export type MeasuredStability = Pick<HessianSample, 'stability' | 'noStability'>;

/**
 * How near an optimizer is to its edge. Where it divides gradients by a diagonal, this costs `edgeSteps` products; otherwise the network's spectrum
 * says it. Never rejects.
 */
export async function measureStability(
  network: NetworkOperator,
  full: BlockSpectrum,
  edge: Edge,
  args: {readonly steps: number; readonly probes: number; readonly seed: number},
): Promise<MeasuredStability> {
  if ('reason' in edge) return {stability: null, noStability: edge.reason};
  const {optimizer, threshold, scales} = edge;
  try {
    const {value, residual} = scales === null ? full.largest[0]! : await topOf(network, scales, args);
    const ratio = value / threshold;
    return {stability: {optimizer, sharpness: value, threshold, ratio, residual, isPreconditioned: scales !== null}};
  } catch (error) {
    return {stability: null, noStability: toError(error).message};
  }
}

async function topOf(
  network: NetworkOperator,
  scales: Tensor1D,
  {steps, probes, seed}: {readonly steps: number; readonly probes: number; readonly seed: number},
): Promise<RitzValue> {
  const maxSteps = edgeSteps({steps, probes});
  const {values, residuals} = await eigenvalues(scaledBy(network, scales), {maxSteps, seed});
  return {value: values[0]!, residual: residuals[0]!};
}
