import type {Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {layerwiseSpectra} from '../../estimators/layerwise-spectra.js';
import type {BlockSpectrum, GradientRecord, LayerSpectrum} from '../../metrics/records.js';
import type {Batch} from '../../model/batch.js';
import {batchSize, disposeBatch, firstRows} from '../../model/batch-tensors.js';
import {weightedLayers} from '../../model/layers/weighted-layers.js';
import type {Made} from '../cost/measured-cost.js';
import {type CurvatureName, curvatures} from './curvatures.js';
import {type MeasuredStability, measureStability} from './measure-stability.js';
import type {Edge} from './read-edge.js';
import {flatWeights, weightNorms} from './weight-norms.js';

/** How a sample is measured. Plain data that can be sent to a worker. */
export interface MeasureArgs {
  readonly operator: CurvatureName;
  /** Whether the Hessian includes the layers' regularizers. */
  readonly regularizers: boolean;
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
export interface Measurement extends MeasuredStability {
  readonly gradients?: GradientRecord;
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
 * @param edge that of the model's optimizer at the call. It owns the edge's scales, and disposes of them.
 * @param onMade called with the operator before the spectra are computed.
 */
export async function measureCurvature(
  model: LayersModel,
  given: Batch,
  args: MeasureArgs,
  edge: Edge,
  onMade: (made: Made) => Promise<void> = async () => {},
): Promise<Measurement> {
  const {operator, regularizers, layers, steps, probes, traceProbes, k, subBatch, seed} = args;
  const held: Tensor[] = [];
  const hold = <T extends Tensor>(tensor: T): T => {
    held.push(tensor);
    return tensor;
  };
  let rows: Batch | null = null;
  if ('scales' in edge && edge.scales !== null) hold(edge.scales);
  try {
    rows = subBatch === null ? null : firstRows(given, subBatch);
    const batch = rows ?? given;
    const owners = weightedLayers(model);
    const norms = hold(weightNorms(owners));
    const weights = hold(flatWeights(owners));
    const began = performance.now();
    const bytesBefore = tf.memory().numBytes;
    const network = await curvatures[operator](model, batch, {seed, ...(regularizers && {regularizers})});
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
      const stability = await measureStability(network, spectra.full, edge, {steps, probes, seed});
      const values = await norms.data();
      return {
        loss: network.loss,
        batchSize: batchSize(batch),
        full: spectra.full,
        layers: spectra.layers,
        weightNorms: Object.fromEntries(owners.map(({name}, i) => [name, values[i]!])),
        ...stability,
        gradientPasses: network.gradientPasses,
      };
    } finally {
      network.dispose();
    }
  } finally {
    tf.dispose(held);
    if (rows !== null) disposeBatch(rows);
  }
}
