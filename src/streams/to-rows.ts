import type {OperatorFunction} from 'rxjs';
import {mergeMap} from 'rxjs';
import type {BlockSpectrum, LayerSpectrum} from '../metrics/records.js';
import type {HessianSample} from './hessian-sample.js';

/** A block of a sample as a flat row of a table. */
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
  /** The name of the layer; `null` for the whole network. */
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
  /** Distances between the spectra of the layer and the network; `null` for the network itself. */
  readonly wasserstein: number | null;
  readonly jensenShannon: number | null;
  /** Epoch over all fits, number of the fit, and steps within it; `null` if not known. */
  readonly totalEpoch: number | null;
  readonly fit: number | null;
  readonly fitStep: number | null;
  readonly training: string | null;
  /** How near the optimizer was to its edge of stability; `null` for layers, and if it is not known. See `StabilityRecord`. */
  readonly optimizer: string | null;
  readonly sharpness: number | null;
  readonly sharpnessResidual: number | null;
  readonly stabilityThreshold: number | null;
  readonly stabilityRatio: number | null;
  /** Statistics of the block's gradient; `null` if the callback takes none. See `BlockGradient`. */
  readonly gradientNorm: number | null;
  readonly updateRatio: number | null;
  readonly gradientNoiseScale: number | null;
  /** `null` for layers too. See `GradientRecord`. */
  readonly alpha: number | null;
}

/** Where the values of a row come from. */
interface RowSource {
  readonly sample: HessianSample;
  readonly block: BlockSpectrum;
  readonly layer: LayerSpectrum | null;
}

/** How a column is stored where columns have types, and its value in a row. */
type Column<T> = {
  readonly kind: 'text' | 'integer' | 'real' | 'time';
  readonly of: (source: RowSource) => T;
} & (null extends T ? {readonly isNullable: true} : {readonly isNullable?: never});

type Columns<Name extends keyof SampleRow> = {readonly [N in Name]: Column<SampleRow[N]>};

/** Columns of numbers that say something of the block's spectrum. */
const spectrumColumns = {
  trace: {kind: 'real', of: ({block}) => block.trace.value},
  traceStandardError: {kind: 'real', isNullable: true, of: ({block}) => block.trace.standardError},
  frobenius: {kind: 'real', of: ({block}) => block.frobenius.value},
  frobeniusStandardError: {kind: 'real', isNullable: true, of: ({block}) => block.frobenius.standardError},
  top: {kind: 'real', isNullable: true, of: ({block}) => block.largest[0]?.value ?? null},
  topResidual: {kind: 'real', isNullable: true, of: ({block}) => block.largest[0]?.residual ?? null},
  bottom: {kind: 'real', isNullable: true, of: ({block}) => block.smallest[0]?.value ?? null},
  bottomResidual: {kind: 'real', isNullable: true, of: ({block}) => block.smallest[0]?.residual ?? null},
  negativeMass: {kind: 'real', of: ({block}) => block.negativeMass.value},
  wasserstein: {kind: 'real', isNullable: true, of: ({layer}) => layer?.similarity.wasserstein ?? null},
  jensenShannon: {kind: 'real', isNullable: true, of: ({layer}) => layer?.similarity.jensenShannon ?? null},
} as const satisfies Partial<Columns<keyof SampleRow>>;

/** The columns that tables of the first version have. */
const firstColumns = {
  run: {kind: 'text', of: ({sample}) => sample.run},
  index: {kind: 'integer', of: ({sample}) => sample.index},
  epoch: {kind: 'integer', of: ({sample}) => sample.epoch},
  batch: {kind: 'integer', isNullable: true, of: ({sample}) => sample.batch},
  step: {kind: 'integer', of: ({sample}) => sample.step},
  time: {kind: 'time', of: ({sample}) => sample.time},
  loss: {kind: 'real', of: ({sample}) => sample.loss},
  batchSize: {kind: 'integer', of: ({sample}) => sample.batchSize},
  learningRate: {kind: 'real', isNullable: true, of: ({sample}) => sample.learningRate},
  layer: {kind: 'text', isNullable: true, of: ({layer}) => layer?.name ?? null},
  className: {kind: 'text', isNullable: true, of: ({layer}) => layer?.className ?? null},
  parameters: {kind: 'integer', of: ({block}) => block.parameters},
  ...spectrumColumns,
} as const satisfies Partial<Columns<keyof SampleRow>>;

/** The columns that were added first. */
const secondColumns = {
  totalEpoch: {kind: 'integer', isNullable: true, of: ({sample}) => sample.totalEpoch ?? null},
  fit: {kind: 'integer', isNullable: true, of: ({sample}) => sample.fit ?? null},
  fitStep: {kind: 'integer', isNullable: true, of: ({sample}) => sample.fitStep ?? null},
  training: {kind: 'text', isNullable: true, of: ({sample}) => sample.training ?? null},
} as const satisfies Partial<Columns<keyof SampleRow>>;

/** The network's, not the layer's. */
const stabilityOf = ({sample, layer}: RowSource) => (layer === null ? sample.stability : null);

/** Columns of numbers about the edge of stability. */
const stabilityColumns = {
  sharpness: {kind: 'real', isNullable: true, of: source => stabilityOf(source)?.sharpness ?? null},
  sharpnessResidual: {kind: 'real', isNullable: true, of: source => stabilityOf(source)?.residual ?? null},
  stabilityThreshold: {kind: 'real', isNullable: true, of: source => stabilityOf(source)?.threshold ?? null},
  stabilityRatio: {kind: 'real', isNullable: true, of: source => stabilityOf(source)?.ratio ?? null},
} as const satisfies Partial<Columns<keyof SampleRow>>;

const gradientOf = ({sample: {gradients}, layer}: RowSource) =>
  layer === null ? gradients?.full : gradients?.layers[layer.name];

/** Columns of numbers about the gradient. */
const gradientColumns = {
  gradientNorm: {kind: 'real', isNullable: true, of: source => gradientOf(source)?.norm ?? null},
  updateRatio: {kind: 'real', isNullable: true, of: source => gradientOf(source)?.updateRatio ?? null},
  gradientNoiseScale: {kind: 'real', isNullable: true, of: source => gradientOf(source)?.noiseScale ?? null},
  alpha: {
    kind: 'real',
    isNullable: true,
    of: ({sample, layer}) => (layer === null ? (sample.gradients?.alpha ?? null) : null),
  },
} as const satisfies Partial<Columns<keyof SampleRow>>;

/** The columns that were added second. */
const thirdColumns = {
  optimizer: {kind: 'text', isNullable: true, of: source => stabilityOf(source)?.optimizer ?? null},
  ...stabilityColumns,
} as const satisfies Partial<Columns<keyof SampleRow>>;

/** All columns of a table of samples, in order: of `toRows()`, of CSV and of Parquet. */
export const columns: Columns<keyof SampleRow> = {
  ...firstColumns,
  ...secondColumns,
  ...thirdColumns,
  ...gradientColumns,
};

export const columnNames = Object.keys(columns) as (keyof SampleRow)[];
/** The columns of the tables of earlier versions, the newest first. */
export const earlierColumnNames = [
  {...firstColumns, ...secondColumns, ...thirdColumns},
  {...firstColumns, ...secondColumns},
  firstColumns,
].map(names => Object.keys(names) as (keyof SampleRow)[]);
export const stabilityColumnNames = Object.keys(stabilityColumns) as (keyof typeof stabilityColumns)[];
export const gradientColumnNames = Object.keys(gradientColumns) as (keyof typeof gradientColumns)[];
export const spectrumColumnNames = Object.keys(spectrumColumns) as (keyof typeof spectrumColumns)[];

/** The rows of a sample: the network's, then each layer's. */
export function sampleRows(sample: HessianSample): SampleRow[] {
  const row = (block: BlockSpectrum, layer: LayerSpectrum | null): SampleRow =>
    Object.fromEntries(columnNames.map(name => [name, columns[name].of({sample, block, layer})])) as Record<
      keyof SampleRow,
      unknown
    > as SampleRow;
  return [row(sample.full, null), ...sample.layers.map(layer => row(layer, layer))];
}

/**
 * Turns samples into rows of a table, one per block, for `console.table`, a data frame or a file.
 *
 * @example
 * curvature.samples$.pipe(toRows()).subscribe(({step, layer, trace, top}) => console.log(step, layer, trace, top));
 */
export function toRows(): OperatorFunction<HessianSample, SampleRow> {
  return mergeMap(sampleRows);
}
