import {densityOf} from '../metrics/density.js';
import type {BlockSpectrum} from '../metrics/records.js';

/** Standard deviation of the Gaussian that smooths a density, in decades. */
const BANDWIDTH = 0.08;
/** How many decades the axis has on either side, at most; nearer to zero it is linear. */
const DECADES = 3;

/** An axis of eigenvalues of either sign, on which a unit is a decade. */
export interface EigenvalueAxis {
  /** Eigenvalues nearer to zero share the linear part. */
  readonly linearBelow: number;
  readonly domain: readonly [from: number, to: number];
  readonly grid: readonly number[];
  readonly ticks: readonly {readonly place: number; readonly label: string}[];
  /** Where an eigenvalue stands. */
  place(eigenvalue: number): number;
}

/** An axis for all of these spectra. */
export function eigenvalueAxis(spectra: readonly BlockSpectrum[], points = 240): EigenvalueAxis {
  const nodes = spectra.flatMap(({density}) => density.nodes.flat());
  const least = Math.min(0, ...nodes);
  const most = Math.max(0, ...nodes);
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
      .map(value => ({place: place(value), label: label(value)}))
      .filter(tick => tick.place >= from && tick.place <= to),
    place,
  };
}

/** How many eigenvalues there are per decade of the axis: the density of the stored nodes, moved to their places on it. */
export function eigenvaluesPerDecade({parameters, density}: BlockSpectrum, {grid, place}: EigenvalueAxis): number[] {
  const onAxis = densityOf({nodes: density.nodes.map(row => row.map(place)), weights: density.weights});
  return onAxis.evaluate(grid, {bandwidth: BANDWIDTH}).density.map(share => share * parameters);
}

function label(value: number): string {
  return String(Number(value.toPrecision(1))).replace('-', '−');
}
