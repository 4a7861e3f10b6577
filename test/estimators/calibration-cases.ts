import {Matrix} from 'ml-matrix';
import {coupling} from '../../src/estimators/coupling.js';
import {type DiagonalMethod, diagonal} from '../../src/estimators/diagonal.js';
import {frobeniusNorm} from '../../src/estimators/frobenius.js';
import {spectrum} from '../../src/estimators/spectrum.js';
import {type TraceArgs, trace} from '../../src/estimators/trace.js';
import {densityOf} from '../../src/metrics/density.js';
import {effectiveRank} from '../../src/metrics/effective-rank.js';
import type {Estimate} from '../../src/metrics/records.js';
import {spectralNormRatio} from '../../src/metrics/spectral-norm-ratio.js';
import type {LayerSlice, NetworkOperator} from '../../src/operators/linear-operator.js';
import {probeVector} from '../../src/random.js';
import {denseOperator, type Synthetic, withSpectrum} from './synthetic.js';

// Operators whose spectra are known, and estimates that are compared with them: for a test with a few seeds, and for the page
// `docs/calibration.md` with many.

/** An operator and all of its eigenvalues. */
export interface CalibrationOperator {
  readonly op: Synthetic;
  readonly values: readonly number[];
}

const SIZE = 120;
const gaussian = (count: number, seed: number): number[] => [...probeVector(seed, 7, count, 'gaussian')];
const times = (count: number, value: number): number[] => new Array<number>(count).fill(value);
const ofSpectrum = (values: readonly number[]) => (): CalibrationOperator => ({op: withSpectrum(values), values});

/** Pairs of coordinates that share two eigenvectors each: a probe sees one of the two with all its weight, and not the other. */
function localizedPairs(): CalibrationOperator {
  const matrix = Matrix.eye(SIZE);
  const values: number[] = [];
  for (let i = 0; i < SIZE; i += 2) {
    const off = i < 10 ? 5 : 0.1;
    matrix.set(i, i + 1, off);
    matrix.set(i + 1, i, off);
    values.push(1 + off, 1 - off);
  }
  return {op: denseOperator(matrix), values};
}

/** By what the page calls them. */
export const operators: Readonly<Record<string, () => CalibrationOperator>> = {
  'like a Hessian': ofSpectrum([
    ...Array.from({length: 10}, (_, i) => 10 / (i + 1)),
    ...gaussian(70, 3).map(x => 0.05 * x),
    ...times(40, 0),
  ]),
  'power law 1/i': ofSpectrum(Array.from({length: SIZE}, (_, i) => 1 / (i + 1))),
  'bulk with outliers': ofSpectrum([
    ...Array.from({length: 10}, (_, i) => 10 - 0.7 * i),
    ...gaussian(110, 4).map(x => 0.3 * x),
  ]),
  'one dominant': ofSpectrum([11, ...times(SIZE - 1, 1)]),
  repeated: ofSpectrum([...times(40, 3), ...times(40, 1), ...times(40, -1)]),
  'rank-deficient': ofSpectrum([...Array.from({length: 30}, (_, i) => 1 + i / 30), ...times(90, 0)]),
  'trace near 0': ofSpectrum(Array.from({length: SIZE}, (_, i) => (i % 2 ? 1 : -1) * (1 + i / SIZE))),
  'localized pairs': localizedPairs,
  'n = 1': ofSpectrum([2]),
  'n = 2': ofSpectrum([2, -1]),
  'n = 3': ofSpectrum([3, 1, -0.5]),
};

/** An interval; an end that is not known is infinite. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
}

/** Intervals, and the exact numbers, by what the page calls them. A name may stand for several numbers, such as all entries of a diagonal. */
export interface CalibratedEstimator {
  readonly names: readonly string[];
  readonly estimate: (
    operator: CalibrationOperator,
    probes: number,
    seed: number,
  ) => Promise<readonly (readonly Interval[])[]>;
  readonly exact: (operator: CalibrationOperator) => readonly (readonly number[])[];
  /** Whether it is meant for positive semidefinite operators alone. Default: false. */
  readonly semidefinite?: boolean;
}

const sum = (values: readonly number[]): number => values.reduce((total, x) => total + x, 0);
const norm = (values: readonly number[]): number => Math.hypot(...values);
const negative = (values: readonly number[]): number => values.filter(x => x < -1e-9).length / values.length;

/** An error that is not known is no claim. */
function intervalOf({value, standardError}: Pick<Estimate, 'value' | 'standardError'>): Interval {
  const reach = standardError === null || Number.isNaN(standardError) ? Number.POSITIVE_INFINITY : 1.96 * standardError;
  return {lower: value - reach, upper: value + reach};
}

const STEPS = 20;
const QUANTILES = [0.1, 0.5, 0.9];

/** Five points of the density's curve, and its bandwidth, for the exact ends of a spectrum. */
function curveOf(values: readonly number[]): {grid: number[]; bandwidth: number} {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const range = most - least || 1;
  return {grid: [0, 0.1, 0.25, 0.5, 1].map(share => least + share * range), bandwidth: (0.75 * range) / STEPS};
}

function exactCurve(values: readonly number[]): number[] {
  const {grid, bandwidth} = curveOf(values);
  const peak = 1 / (bandwidth * Math.sqrt(2 * Math.PI) * values.length);
  return grid.map(x => sum(values.map(value => peak * Math.exp(-0.5 * ((x - value) / bandwidth) ** 2))));
}

function exactQuantiles(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  return QUANTILES.map(p => sorted[Math.ceil(p * values.length - 1e-9) - 1]!);
}

function traceBy(name: string, args: TraceArgs, productsPerProbe: number): CalibratedEstimator {
  return {
    names: [name],
    semidefinite: args.method === 'xnystrace',
    estimate: async ({op}, probes, seed) => [
      [intervalOf(await trace(op, {...args, probes: productsPerProbe * probes, seed}))],
    ],
    exact: ({values}) => [[sum(values)]],
  };
}

function diagonalBy(name: string, method: DiagonalMethod, productsPerProbe: number): CalibratedEstimator {
  return {
    names: [name],
    estimate: async ({op}, probes, seed) => {
      const {value, standardError} = await diagonal(op, {method, probes: productsPerProbe * probes, seed});
      const [values, errors] = [await value.data(), await standardError.data()];
      value.dispose();
      standardError.dispose();
      return [Array.from(values, (x, i) => intervalOf({value: x, standardError: errors[i]!}))];
    },
    exact: ({op}) => [op.matrix.diagonal()],
  };
}

export const estimators: readonly CalibratedEstimator[] = [
  traceBy('trace', {}, 1),
  traceBy('trace, Hutch++', {method: 'hutch++'}, 3),
  traceBy('trace, XTrace', {method: 'xtrace'}, 2),
  traceBy('trace, XNysTrace', {method: 'xnystrace'}, 1),
  diagonalBy('diagonal', 'hutchinson', 1),
  diagonalBy('diagonal, XDiag', 'xdiag', 2),
  {
    names: ['norm'],
    estimate: async ({op}, probes, seed) => [[intervalOf(await frobeniusNorm(op, {probes, seed}))]],
    exact: ({values}) => [[norm(values)]],
  },
  {
    names: ['spectrum: trace', '… norm', '… below zero', '… quantiles', '… density'],
    estimate: async ({op, values}, probes, seed) => {
      const block = await spectrum(op, {steps: STEPS, probes, traceProbes: 0, seed});
      const density = densityOf(block.density, {parameters: block.parameters});
      const {grid, bandwidth} = curveOf(values);
      const {lower, upper} = density.evaluate(grid, {bandwidth});
      return [
        [intervalOf(block.trace)],
        [intervalOf(block.frobenius)],
        [intervalOf(block.negativeMass)],
        QUANTILES.map(p => density.quantileInterval(p)),
        grid.map((_, i) => ({lower: lower[i]!, upper: upper[i]!})),
      ];
    },
    exact: ({values}) => [
      [sum(values)],
      [norm(values)],
      [negative(values)],
      exactQuantiles(values),
      exactCurve(values),
    ],
  },
  {
    names: ['with traceProbes: trace', '… norm', '… effective rank', '… spectral norm ratio'],
    estimate: async ({op}, traceProbes, seed) => {
      const block = await spectrum(op, {steps: STEPS, probes: 2, traceProbes, seed});
      return [block.trace, block.frobenius, effectiveRank(block), spectralNormRatio(block)].map(estimate => [
        intervalOf(estimate),
      ]);
    },
    exact: ({values}) => [
      [sum(values)],
      [norm(values)],
      [(sum(values) / norm(values)) ** 2],
      [Math.max(...values) / sum(values)],
    ],
  },
  {
    names: ['coupling: block', '… off the diagonal'],
    estimate: async ({op}, probes, seed) => {
      const {norms} = await coupling(twoLayers(op), {probes, seed});
      return [[intervalOf(norms[0]![0]!)], [intervalOf(norms[0]!.at(-1)!)]];
    },
    exact: ({op}) => {
      const [first, last] = [halves(op)[0]!, halves(op).at(-1)!];
      const block = (columns: LayerSlice): number =>
        op.matrix.subMatrix(0, first.size - 1, columns.offset, columns.offset + columns.size - 1).norm('frobenius');
      return [[block(first)], [block(last)]];
    },
  },
];

/** Whether an estimator is meant for an operator. */
export function isFor({semidefinite = false}: CalibratedEstimator, {values}: CalibrationOperator): boolean {
  return !semidefinite || Math.min(...values) >= 0;
}

/** Where fewer intervals hold than 92 %, and why. */
export const weaknesses: readonly {
  readonly operator: string;
  readonly names: readonly string[];
  readonly reason: string;
}[] = [
  {
    operator: 'one dominant',
    names: ['trace, XTrace', 'trace, XNysTrace', 'norm', 'coupling: block'],
    reason:
      'The probes may all be nearly orthogonal to the one eigenvector that matters. Value and error are then both too small, ' +
      'and nothing that the probes have seen tells so. `traceProbes` mends that, since a Krylov space finds the eigenvector.',
  },
  {
    operator: 'localized pairs',
    names: ['diagonal', 'diagonal, XDiag'],
    reason:
      'An entry of the diagonal depends on one other coordinate alone: its samples are a ± b with the product of two signs. All N of them are the ' +
      'same with a probability of 2^(1 − N), and then have no spread: 50 % hold with two probes, 88 % with four, 99 % with eight.',
  },
  {
    operator: 'localized pairs',
    names: ['… density'],
    reason: 'For the same reason, the probes may agree on the share of one of two eigenvectors with the same support.',
  },
];

/** The operator as a network of two layers; of one, where it has one dimension. */
function twoLayers(op: Synthetic): NetworkOperator {
  return {
    size: op.size,
    loss: 0,
    layers: halves(op),
    matvec: v => op.matvec(v),
    matmat: V => op.matmat(V),
    block: () => {
      throw new Error('not asked for');
    },
    gradient: () => {
      throw new Error('not asked for');
    },
    dispose: () => {},
  };
}

function halves({size}: Synthetic): LayerSlice[] {
  const sizes = size === 1 ? [1] : [Math.floor(size / 2), Math.ceil(size / 2)];
  return sizes.map((own, index) => ({
    name: `layer_${index}`,
    index,
    className: 'Dense',
    offset: index * sizes[0]!,
    size: own,
    weights: [],
  }));
}

/** The share of seeds, from 1 on, whose intervals hold the exact numbers; a number for each name. */
export async function coverageOf(
  {estimate, exact}: CalibratedEstimator,
  operator: CalibrationOperator,
  probes: number,
  seeds: number,
): Promise<number[]> {
  const truths = exact(operator);
  const held = truths.map(() => 0);
  for (let seed = 1; seed <= seeds; seed++) {
    const intervals = await estimate(operator, probes, seed);
    truths.forEach((list, name) => {
      list.forEach((truth, i) => {
        const {lower, upper} = intervals[name]![i]!;
        // float32 has seven digits.
        const slack = 1e-5 * (1 + Math.abs(truth));
        if (lower - slack <= truth && truth <= upper + slack) held[name]! += 1 / list.length;
      });
    });
  }
  return held.map(count => count / seeds);
}
