import type {BlockSpectrum, Estimate, LayerSpectrum, RitzValue} from 'tfjs-hessian';
import {aligned} from './align.js';
import type {Run} from './run.js';

/** The spectra at the end of each run, one row per layer. */
export function spectraTable(runs: readonly Run[]): string {
  const rows = runs.flatMap(({name, penalized, samples}) => {
    const {full, layers} = samples.at(-1)!;
    return [
      [penalized.length > 0 ? `${name} (${penalized.join(', ')})` : name],
      row('  whole network', full, ''),
      ...layers.map(layer => row(`  ${layer.name}`, layer, distance(layer))),
    ];
  });
  const titles = ['', 'parameters', 'trace ± SE', 'top eigenvalue ± residual', 'distance to full spectrum'];
  return `${aligned(titles, rows)}\n(distance of spectra scaled to a largest magnitude of 1: Wasserstein-1, 0 = the same)`;
}

/** The results of each run, and its time. */
export function runsTable(runs: readonly Run[]): string {
  const rows = runs.map(({name, samples, accuracy, seconds}) => {
    const {step, cost} = samples.at(-1)!;
    const sampling = samples.reduce((sum, sample) => sum + sample.cost.milliseconds, 0);
    return [
      name,
      `${(100 * accuracy).toFixed(2)} %`,
      `${seconds.toFixed(0)} s`,
      `${((1000 * seconds - sampling) / step).toFixed(0)} ms`,
      `${samples.length} × ${(sampling / samples.length / 1000).toFixed(1)} s`,
      `${(100 * cost.shareOfTraining).toFixed(0)} %`,
    ];
  });
  return aligned(['', 'test accuracy', 'fit took', 'a step', 'samples', 'their share of the time'], rows);
}

function row(name: string, {parameters, trace, largest}: BlockSpectrum, distanceToWhole: string): string[] {
  return [name, parameters.toLocaleString('en'), withError(trace), withResidual(largest[0]!), distanceToWhole];
}

function withError({value, standardError}: Estimate): string {
  return standardError === null ? value.toFixed(2) : `${value.toFixed(2)} ± ${standardError.toFixed(2)}`;
}

function withResidual({value, residual}: RitzValue): string {
  return `${value.toFixed(3)} ± ${residual.toExponential(0)}`;
}

function distance({similarity}: LayerSpectrum): string {
  return similarity.wasserstein.toFixed(4);
}
