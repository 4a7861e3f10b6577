import {isRecord} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {Metric} from '../metrics/metric.js';
import type {BlockSpectrum, Estimate, LayerSpectrum} from '../metrics/records.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {isList, selectLayers, withinCount} from '../model/layers/layer-selection.js';
import type {HessianSample} from './hessian-sample.js';

/** The value of a metric for a layer or the network at one moment of a training. */
export interface MetricPoint {
  readonly metric: string;
  /** The name of the layer; `null` for the whole network. */
  readonly layer: string | null;
  readonly run: string;
  readonly epoch: number;
  readonly batch: number | null;
  readonly step: number;
  /** The first run of the training; see `HessianSample`. */
  readonly training?: string;
  readonly value: number;
  /** Missing if it is not known. */
  readonly standardError?: number;
}

/**
 * The points of a metric in a sample: the network's and those of each layer, or only those of the selected layers. There is
 * no point where the metric is undefined.
 *
 * @param frozen layers that may be selected although the sample does not have them; they have no point.
 */
export function metricPoints(
  sample: HessianSample,
  metric: Metric,
  layers?: LayerSelection,
  frozen: readonly string[] = [],
): MetricPoint[] {
  const {run, epoch, batch, step, training, full, layers: sampled, learningRate, weightNorms} = sample;
  // Files of schema 1 do not name the optimizer.
  const edge = sample.schema === 1 ? {} : {stability: sample.stability};
  const at = (block: BlockSpectrum, layer: LayerSpectrum | null): MetricPoint[] => {
    const weightNorm = layer === null ? Math.hypot(...Object.values(weightNorms)) : (weightNorms[layer.name] ?? null);
    const {gradients} = sample;
    const gradient = layer === null ? gradients?.full : gradients?.layers[layer.name];
    const ofGradient = {gradient: gradient ?? null, alpha: gradients?.alpha ?? null};
    const result = metric.compute(block, {
      ...{full, layers: sampled, layer, learningRate, weightNorm, ...edge},
      ...(gradients && ofGradient),
    });
    const {value, standardError} =
      typeof result === 'number' ? {value: result, standardError: null} : resultOf(metric, result);
    if (Number.isNaN(value)) return [];
    const moment = {run, epoch, batch, step, ...(training !== undefined && {training})};
    const point = {metric: metric.name, layer: layer?.name ?? null, ...moment, value};
    return [standardError === null ? point : {...point, standardError}];
  };
  const chosen = layers === undefined ? sampled : selectSampled(sampled, layers, frozen);
  return [...(layers === undefined ? at(full, null) : []), ...chosen.flatMap(layer => at(layer, layer))];
}

/** Checks the result of a user's metric. */
function resultOf({name}: Metric, result: Estimate): Estimate {
  const isEstimate = isRecord(result) && typeof result.value === 'number' && isError(result.standardError);
  if (isEstimate) return result;
  throw new InvalidArgumentError(
    `Metric "${name}" computed ${show(result)}; compute must return a number, or {value, standardError, probes}.`,
  );
}

function isError(standardError: unknown): boolean {
  return standardError === null || typeof standardError === 'number';
}

function selectSampled(
  sampled: readonly LayerSpectrum[],
  layers: LayerSelection,
  frozen: readonly string[],
): readonly LayerSpectrum[] {
  if (!isList(layers)) {
    const known = sampled.length + frozen.length;
    return selectLayers(sampled, withinCount(layers, sampled.length, known));
  }
  const names = layers.filter(name => !frozen.includes(name));
  return names.length === 0 ? [] : selectLayers(sampled, names);
}
