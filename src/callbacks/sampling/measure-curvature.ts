import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {layerwiseSpectra} from '../../estimators/layerwise-spectra.js';
import type {BlockSpectrum, LayerSpectrum} from '../../metrics/records.js';
import type {Batch} from '../../model/batch.js';
import {batchSize, disposeBatch, firstRows} from '../../model/batch-tensors.js';
import {weightedLayers} from '../../model/layers/weighted-layers.js';
import {empiricalFisher} from '../../operators/empirical-fisher.js';
import {fisher} from '../../operators/fisher.js';
import {gaussNewton} from '../../operators/gauss-newton.js';
import {hessian} from '../../operators/hessian.js';
import {residualHessian} from '../../operators/residual-hessian.js';
import type {Made} from '../cost/measured-cost.js';
import {flatWeights, weightNorms} from './weight-norms.js';

/** The curvatures that a callback can sample, by the names of the functions that make their operators. */
export type CurvatureName = 'hessian' | 'gaussNewton' | 'fisher' | 'empiricalFisher' | 'residualHessian';
/** The functions themselves. */
export const curvatures = {hessian, gaussNewton, fisher, empiricalFisher, residualHessian} satisfies Record<
  CurvatureName,
  unknown
>;

/** How a sample is measured. Plain data that can be sent to a worker. */
export interface MeasureArgs {
  readonly operator: CurvatureName;
  /** Names of the layers whose blocks are sampled. */
  readonly layers: readonly string[];
  readonly steps: number;
  readonly probes: number;
  readonly traceProbes: number;
  readonly k: number;
  /** The number of rows of the batch that are used; `null`: all. */
  readonly subBatch: number | null;
  readonly seed: number;
}

/** The measurement of a model on a batch. Plain data. */
export interface Measurement {
  readonly loss: number;
  readonly batchSize: number;
  readonly full: BlockSpectrum;
  readonly layers: LayerSpectrum[];
  readonly weightNorms: Record<string, number>;
  readonly gradientPasses: number;
}

/**
 * Measures the layerwise spectra of a model on a batch, with the weights at the call. The batch stays the property of the
 * caller.
 *
 * @param onMade called with the operator before the spectra are computed.
 */
export async function measureCurvature(
  model: LayersModel,
  given: Batch,
  args: MeasureArgs,
  onMade: (made: Made) => Promise<void> = async () => {},
): Promise<Measurement> {
  const {operator, layers, steps, probes, traceProbes, k, subBatch, seed} = args;
  const rows = subBatch === null ? null : firstRows(given, subBatch);
  const batch = rows ?? given;
  const owners = weightedLayers(model);
  const norms = weightNorms(owners);
  const weights = flatWeights(owners);
  try {
    const began = performance.now();
    const bytesBefore = tf.memory().numBytes;
    const network = await curvatures[operator](model, batch, {seed});
    try {
      await onMade({network, seconds: (performance.now() - began) / 1000, bytesBefore});
      const spectra = await layerwiseSpectra(network, {
        weights,
        layers,
        steps,
        probes,
        k: Math.min(k, network.size),
        seed,
        traceProbes,
      });
      const values = await norms.data();
      return {
        loss: network.loss,
        batchSize: batchSize(batch),
        full: spectra.full,
        layers: spectra.layers,
        weightNorms: Object.fromEntries(owners.map(({name}, i) => [name, values[i]!])),
        gradientPasses: network.gradientPasses,
      };
    } finally {
      network.dispose();
    }
  } finally {
    norms.dispose();
    weights.dispose();
    if (rows !== null) disposeBatch(rows);
  }
}
