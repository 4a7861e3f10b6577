import type {OperatorFunction} from 'rxjs';
import {mergeMap} from 'rxjs';
import type {BlockSpectrum, LayerSpectrum} from '../metrics/records.js';
import type {HessianSample} from './hessian-sample.js';

/** One block of a sample, flat: a row of a table. */
export interface SampleRow {
  readonly run: string;
  readonly index: number;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
  readonly time: string;
  readonly loss: number;
  readonly batchSize: number;
  readonly learningRate: number | null;
  /** `null` is the whole network. */
  readonly layer: string | null;
  readonly className: string | null;
  readonly parameters: number;
  readonly trace: number;
  readonly traceStandardError: number | null;
  readonly frobenius: number;
  readonly frobeniusStandardError: number | null;
  readonly top: number | null;
  readonly topResidual: number | null;
  readonly bottom: number | null;
  readonly bottomResidual: number | null;
  readonly negativeMass: number;
  /** Distances from the network's spectrum; `null` for the network itself. */
  readonly wasserstein: number | null;
  readonly jensenShannon: number | null;
  /** The epoch and the steps that are counted over all fits and in this one, and which fit it is; `null` where not known. */
  readonly totalEpoch: number | null;
  readonly fit: number | null;
  readonly fitStep: number | null;
  readonly training: string | null;
}

/** A sample as a table: the network's row, then each layer's. */
export function sampleRows(sample: HessianSample): SampleRow[] {
  const {run, index, epoch, batch, step, time, loss, batchSize, learningRate} = sample;
  const {totalEpoch = null, fit = null, fitStep = null, training = null} = sample;
  const row = (block: BlockSpectrum, layer: LayerSpectrum | null): SampleRow => ({
    run,
    index,
    epoch,
    batch,
    step,
    time,
    loss,
    batchSize,
    learningRate,
    layer: layer?.name ?? null,
    className: layer?.className ?? null,
    parameters: block.parameters,
    trace: block.trace.value,
    traceStandardError: block.trace.standardError,
    frobenius: block.frobenius.value,
    frobeniusStandardError: block.frobenius.standardError,
    top: block.largest[0]?.value ?? null,
    topResidual: block.largest[0]?.residual ?? null,
    bottom: block.smallest[0]?.value ?? null,
    bottomResidual: block.smallest[0]?.residual ?? null,
    negativeMass: block.negativeMass.value,
    wasserstein: layer?.similarity.wasserstein ?? null,
    jensenShannon: layer?.similarity.jensenShannon ?? null,
    totalEpoch,
    fit,
    fitStep,
    training,
  });
  return [row(sample.full, null), ...sample.layers.map(layer => row(layer, layer))];
}

/**
 * Samples as rows of a table, one a block: for `console.table`, a data frame or a file.
 *
 * @example
 * curvature.samples$.pipe(toRows()).subscribe(({step, layer, trace, top}) => console.log(step, layer, trace, top));
 */
export function toRows(): OperatorFunction<HessianSample, SampleRow> {
  return mergeMap(sampleRows);
}
