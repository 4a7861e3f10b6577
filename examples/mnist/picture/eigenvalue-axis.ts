import type {BlockSpectrum} from 'tfjs-hessian';
import {densityOf} from 'tfjs-hessian';

/** Below this the axis is linear; above it each decade has the same width. */
export const LINEAR_BELOW = 0.3;
/** Standard deviation of the Gaussian that smooths the density, in decades. */
export const BANDWIDTH = 0.08;

const candidates = [-1000, -100, -10, -1, 0, 1, 10, 100, 1000];

/** The picture's eigenvalue axis. One unit is a decade. */
export interface EigenvalueAxis {
  readonly domain: readonly [from: number, to: number];
  readonly grid: readonly number[];
  readonly ticks: readonly {readonly place: number; readonly label: string}[];
}

/** The position of an eigenvalue on the axis. */
export function toAxis(eigenvalue: number): number {
  return Math.sign(eigenvalue) * Math.log10(1 + Math.abs(eigenvalue) / LINEAR_BELOW);
}

/** An axis for all given spectra. */
export function eigenvalueAxis(spectra: readonly BlockSpectrum[], points = 200): EigenvalueAxis {
  const room = 4 * BANDWIDTH;
  const from = Math.min(0, ...spectra.map(({smallest}) => toAxis(smallest[0]!.value))) - room;
  const to = Math.max(0, ...spectra.map(({largest}) => toAxis(largest[0]!.value))) + room;
  return {
    domain: [from, to],
    grid: Array.from({length: points}, (_, i) => from + ((to - from) * i) / (points - 1)),
    ticks: candidates
      .map(value => ({place: toAxis(value), label: String(value).replace('-', '−')}))
      .filter(({place}) => place > from && place < to),
  };
}

/** The number of eigenvalues per decade of the axis: the density of the stored nodes at their positions on it. */
export function eigenvaluesPerDecade({parameters, density}: BlockSpectrum, grid: readonly number[]): number[] {
  const onAxis = densityOf({nodes: density.nodes.map(row => row.map(toAxis)), weights: density.weights});
  return onAxis.evaluate(grid, {bandwidth: BANDWIDTH}).density.map(share => share * parameters);
}
