// What a record of a spectrum looks like: for records that come from files, other threads and users.
import type {GenericIssue, GenericSchema, ObjectEntries} from 'valibot';
import {custom, looseObject, pipe} from 'valibot';
import {check, mustBe} from '../arguments/check.js';
import {finiteNumber, isText, listOf, numberFrom, orNull, text, that, wholeNumber} from '../arguments/kinds.js';
import {isRecord, missing} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {BlockSpectrum, DensityRecord, Estimate, LayerSpectrum, SpectralSimilarity} from './records.js';

/** An object that has these fields at least: what a later version adds is no mistake. */
export function recordOf<T>(entries: ObjectEntries, rule = 'an object'): GenericSchema<T> {
  const object = looseObject(entries, (issue: GenericIssue) => missing(entries, issue));
  return pipe(custom(isRecord, mustBe(rule)), object as GenericSchema) as unknown as GenericSchema<T>;
}

const row = that<number[]>(
  value => Array.isArray(value) && value.every(Number.isFinite),
  'a list of finite numbers, one a node',
);

const rows = listOf(row, 'a list of rows, one a probe');

export const densitySchema = recordOf<DensityRecord>({nodes: rows, weights: rows}, 'a density, {nodes, weights}');

export const estimateSchema = recordOf<Estimate>(
  {value: finiteNumber(), standardError: orNull(numberFrom(0)), probes: wholeNumber()},
  'an estimate, {value, standardError, probes}',
);

export const ritzValues = listOf(
  recordOf({value: finiteNumber(), residual: numberFrom(0)}, 'an eigenvalue, {value, residual}'),
  'a list of eigenvalues',
);

export const similaritySchema = recordOf<SpectralSimilarity>(
  {wasserstein: numberFrom(0), jensenShannon: numberFrom(0)},
  'distances, {wasserstein, jensenShannon}',
);

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
export const blockSchema = recordOf<BlockSpectrum>(blockEntries, 'a spectrum, such as spectrum(op) returns');

export const layerSchema = recordOf<LayerSpectrum>(
  {
    ...blockEntries,
    name: text(),
    index: wholeNumber(0),
    className: that(isText, 'a string'),
    similarity: similaritySchema,
  },
  "a layer's spectrum, such as layerwiseSpectra(op) returns",
);

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
