import type {DensityCurve} from '../metrics/density.js';
import {densityOf} from '../metrics/density.js';
import type {BlockSpectrum} from '../metrics/records.js';

/** Standard deviation of the Gaussian that smooths a density, in decades. */
const BANDWIDTH = 0.08;
/** The largest number of decades on each side; closer to zero the axis is linear. */
const DECADES = 3;

type Spectrum = Pick<BlockSpectrum, 'parameters' | 'density'>;

/** An axis of eigenvalues of both signs. A unit of the axis is a decade. */
export interface EigenvalueAxis {
  /** The axis is linear for eigenvalues of smaller magnitude. */
  readonly linearBelow: number;
  readonly domain: readonly [from: number, to: number];
  readonly grid: readonly number[];
  readonly ticks: readonly {readonly value: number; readonly place: number; readonly label: string}[];
  /** The place of an eigenvalue on the axis. */
  place(eigenvalue: number): number;
}

/** An axis that fits several spectra. */
export function eigenvalueAxis(spectra: readonly BlockSpectrum[], points = 240): EigenvalueAxis {
  const nodes = spectra.flatMap(({density}) => density.nodes.flat());
  return axisOver(Math.min(0, ...nodes), Math.max(0, ...nodes), points);
}

/**
 * An axis between two eigenvalues.
 *
 * @param least at most 0.
 * @param most at least 0.
 */
export function axisOver(least: number, most: number, points: number): EigenvalueAxis {
  const exponent = Math.ceil(Math.log10(Math.max(-least, most) || 1));
  const linearBelow = 10 ** (exponent - DECADES);
  const place = (x: number) => Math.sign(x) * Math.log10(1 + Math.abs(x) / linearBelow);
  const room = 4 * BANDWIDTH;
  const from = place(least) - room;
  const to = place(most) + room;
  const powers = Array.from({length: DECADES + 1}, (_, i) => 10 ** (exponent - i));
  return {
    linearBelow,
    domain: [from, to],
    grid: Array.from({length: points}, (_, i) => from + ((to - from) * i) / (points - 1)),
    ticks: [0, ...powers, ...powers.map(power => -power)]
      .map(value => ({value, place: place(value), label: label(value)}))
      .filter(tick => tick.place >= from && tick.place <= to),
    place,
  };
}

/**
 * The number of eigenvalues per decade at each point of the axis: the density of the stored nodes at their places on the
 * axis. Nodes beyond an end are placed at that end.
 */
export function eigenvaluesPerDecade(spectrum: Spectrum, axis: EigenvalueAxis): number[] {
  return eigenvalueBand(spectrum, axis).density;
}

/** The same with its 95 % band over the probes. */
export function eigenvalueBand(
  {parameters, density}: Spectrum,
  {grid, domain: [from, to], place}: EigenvalueAxis,
): DensityCurve {
  const within = (node: number) => Math.min(to - BANDWIDTH, Math.max(from + BANDWIDTH, place(node)));
  const onAxis = densityOf({nodes: density.nodes.map(row => row.map(within)), weights: density.weights});
  const curve = onAxis.evaluate(grid, {bandwidth: BANDWIDTH});
  const counted = (shares: readonly number[]) => shares.map(share => share * parameters);
  return {density: counted(curve.density), lower: counted(curve.lower), upper: counted(curve.upper)};
}

function label(value: number): string {
  return String(Number(value.toPrecision(1))).replaceAll('-', '−');
}
