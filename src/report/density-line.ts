import type {BlockSpectrum} from '../metrics/records.js';
import type {EigenvalueAxis} from './eigenvalue-axis.js';
import {eigenvaluesPerDecade} from './eigenvalue-axis.js';
import type {TerminalStyle} from './terminal-style.js';
import {colored, signOf, signsOf} from './terminal-style.js';

/** The height of a density at each point of the axis: log₁₀(1 + eigenvalues per decade). */
export function hills(spectrum: BlockSpectrum, axis: EigenvalueAxis): number[] {
  return eigenvaluesPerDecade(spectrum, axis).map(n => Math.log10(1 + n));
}

/**
 * A spectral density as a line of characters, one per point of the axis, with the largest eigenvalue as a dot.
 *
 * @param full the height of a full block.
 */
export function densityLine(
  spectrum: BlockSpectrum,
  axis: EigenvalueAxis,
  full: number,
  style: TerminalStyle,
  role: 'data' | 'ink' = 'data',
): string {
  const {heights, dot} = signsOf(style);
  const signs = hills(spectrum, axis).map(height => signOf(height < 0.05 * full ? 0 : height / full, heights));
  const [top] = spectrum.largest;
  if (top === undefined) return colored(signs.join(''), role, style);
  const column = columnOf(top.value, axis);
  return [
    colored(signs.slice(0, column).join(''), role, style),
    colored(dot, 'accent', style),
    colored(signs.slice(column + 1).join(''), role, style),
  ].join('');
}

/** The column of an eigenvalue. */
export function columnOf(eigenvalue: number, {domain: [from, to], grid, place}: EigenvalueAxis): number {
  const column = Math.round(((place(eigenvalue) - from) / (to - from)) * (grid.length - 1));
  return Math.max(0, Math.min(grid.length - 1, column));
}
