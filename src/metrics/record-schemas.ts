// Schemas of the records of spectra, for those that come from files, other threads and users.
import type {GenericSchema} from 'valibot';
import {optional, record, string} from 'valibot';
import {check} from '../arguments/check.js';
import {
  finiteNumber,
  flag,
  isText,
  listOf,
  numberFrom,
  orNull,
  positiveNumber,
  text,
  that,
  wholeNumber,
} from '../arguments/kinds.js';
import {recordOf} from '../arguments/record.js';
import {InvalidArgumentError} from '../errors.js';
import type {
  BlockGradient,
  BlockSpectrum,
  DensityRecord,
  Estimate,
  GradientRecord,
  LayerSpectrum,
  RitzValue,
  SpectralSimilarity,
  StabilityRecord,
} from './records.js';

const row = that<number[]>(
  value => Array.isArray(value) && value.every(Number.isFinite),
  'a list of finite numbers, one a node',
);

const rows = listOf(row, 'a list of rows, one a probe');

export const densitySchema = recordOf<DensityRecord>('a density, {nodes, weights}')({nodes: rows, weights: rows});

export const estimateSchema = recordOf<Estimate>('an estimate, {value, standardError, probes}')({
  value: finiteNumber(),
  standardError: orNull(numberFrom(0)),
  probes: wholeNumber(),
});

export const ritzValues = listOf(
  recordOf<RitzValue>('an eigenvalue, {value, residual}')({value: finiteNumber(), residual: numberFrom(0)}),
  'a list of eigenvalues',
);

export const similaritySchema = recordOf<SpectralSimilarity>('distances, {wasserstein, jensenShannon}')({
  wasserstein: numberFrom(0),
  jensenShannon: numberFrom(0),
});

const blockEntries = {
  parameters: wholeNumber(0),
  trace: estimateSchema,
  frobenius: estimateSchema,
  largest: ritzValues,
  smallest: ritzValues,
  density: densitySchema,
  negativeMass: estimateSchema,
};

/** The fields of a block's spectrum. */
export const blockSchema = recordOf<BlockSpectrum>('a spectrum, such as spectrum(op) returns')(blockEntries);

export const layerSchema = recordOf<LayerSpectrum>("a layer's spectrum, such as layerwiseSpectra(op) returns")({
  ...blockEntries,
  name: text(),
  index: wholeNumber(0),
  className: that<string>(isText, 'a string'),
  similarity: similaritySchema,
  topOverlap: optional(orNull(numberFrom(0))),
  relativeFlatness: optional(orNull(estimateSchema)),
});

export const blockGradientSchema = recordOf<BlockGradient>('the gradient of a block, {norm, updateRatio, noiseScale}')({
  norm: numberFrom(0),
  updateRatio: orNull(numberFrom(0)),
  noiseScale: orNull(numberFrom(0)),
});

export const gradientSchema = recordOf<GradientRecord>('statistics of gradients, {full, layers, alpha, parts}')({
  full: blockGradientSchema,
  layers: record(string(), blockGradientSchema) as GenericSchema<GradientRecord['layers']>,
  alpha: orNull(finiteNumber()),
  parts: wholeNumber(),
});

export const stabilitySchema = recordOf<StabilityRecord>('a stability, {optimizer, sharpness, threshold, ratio}')({
  optimizer: text(),
  sharpness: finiteNumber(),
  threshold: positiveNumber(),
  ratio: finiteNumber(),
  residual: optional(numberFrom(0)),
  isPreconditioned: optional(flag()),
});

/**
 * Throws unless a record is a density with a weight for each node.
 *
 * @throws InvalidArgumentError
 */
export function requireDensity(record: DensityRecord, name = 'The density'): void {
  const {nodes, weights} = check(name, densitySchema, record);
  const matches = nodes.length > 0 && nodes.length === weights.length;
  if (!matches || nodes.some((row, i) => row.length === 0 || row.length !== weights[i]!.length)) {
    throw new InvalidArgumentError(`${name} needs at least one row of nodes, and a weight for each node.`);
  }
}

/** @throws InvalidArgumentError */
export function requireDensities(records: readonly DensityRecord[]): void {
  check('densities', listOf(densitySchema, 'a list of densities, {nodes, weights}'), records);
  for (const [i, record] of records.entries()) requireDensity(record, `densities[${i}]`);
}
