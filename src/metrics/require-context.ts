import type {GenericSchema} from 'valibot';
import {optional} from 'valibot';
import {check} from '../arguments/check.js';
import {finiteNumber, listOf, numberFrom, orNull, that} from '../arguments/kinds.js';
import {recordOf} from '../arguments/record.js';
import type {MetricContext} from './metric.js';
import {blockGradientSchema, blockSchema, layerSchema, stabilitySchema} from './record-schemas.js';
import type {BlockSpectrum, LayerSpectrum} from './records.js';

const anyObject = <T extends object>() => that<T>(value => typeof value === 'object' && value !== null, 'a record');

const contextSchema = recordOf<MetricContext>('what lies around the block, {full, layers, layer, learningRate}')({
  full: anyObject<BlockSpectrum>(),
  layers: anyObject<readonly LayerSpectrum[]>(),
  layer: orNull(anyObject<LayerSpectrum>()),
  learningRate: orNull(finiteNumber()),
  weightNorm: optional(orNull(numberFrom(0))),
  stability: optional(orNull(stabilitySchema)),
  gradient: optional(orNull(blockGradientSchema)),
  alpha: optional(orNull(finiteNumber())),
});

const layersSchema = listOf(layerSchema, "a list of layers' spectra");

/** Records that have been checked: all metrics of all layers of a sample get the same ones. */
const known = new WeakSet<object>();

/**
 * Throws unless a metric's arguments are a block's spectrum and its context.
 *
 * @throws InvalidArgumentError
 */
export function requireContext(block: BlockSpectrum, context: MetricContext): void {
  once('The spectrum', blockSchema, block);
  const {full, layers, layer} = check('The context', contextSchema, context);
  once('full', blockSchema, full);
  once('layers', layersSchema, layers);
  if (layer !== null) once('layer', layerSchema, layer);
}

function once(name: string, schema: GenericSchema, record: object): void {
  if (typeof record === 'object' && record !== null && known.has(record)) return;
  check(name, schema, record);
  known.add(record);
}
