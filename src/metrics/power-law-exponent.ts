import {check} from '../arguments/check.js';
import {wholeNumber} from '../arguments/kinds.js';
import {requireDensity} from './record-schemas.js';
import type {DensityRecord, Estimate} from './records.js';
import {powerLaw} from './statistics/power-law.js';

/** A tail of fewer eigenvalues fits almost any law. */
const FEWEST = 10;

/** Below this p-value the law is rejected (Clauset, Shalizi & Newman, 2009). */
const LEAST_CHANCE = 0.1;

/** One-sided 5 % of the normal distribution. */
const NORMAL_5 = 1.645;

const BOOTSTRAPS = 100;

/**
 * The power-law exponent of the largest eigenvalues; NaN if they do not follow a power law.
 *
 * It is fitted to resolved eigenvalues alone: the nodes of the density that stand for one eigenvalue each, from the
 * largest down to the first that does not. NaN if the tail has fewer than ten of them, if the fit's p-value is below
 * 0.1, or if an exponential tail is significantly more likely (Vuong's test).
 *
 * Source: Clauset, Shalizi & Newman (2009), sections 3 to 5; Vuong (1989); Xie, Tang, Cai, Sun & Li (2022) for Hessians.
 *
 * @param parameters the operator's dimension. Default: as many as there are nodes, as an exact spectrum has them.
 * @example
 * const {density, parameters} = await spectrum(operator, {steps: 60});
 * const {value, standardError} = powerLawExponent(density, parameters);
 */
export function powerLawExponent(density: DensityRecord, parameters?: number): Estimate {
  requireDensity(density);
  const size = parameters === undefined ? density.nodes[0]!.length : check('parameters', wholeNumber(), parameters);
  const probes = density.nodes.length;
  const none = {value: Number.NaN, standardError: null, probes};
  const eigenvalues = resolvedFromTop(density, size);
  const law = powerLaw(eigenvalues, {bootstraps: BOOTSTRAPS});
  if (law === null || law.tail < FEWEST || law.pValue! < LEAST_CHANCE) return none;
  const tail = eigenvalues.filter(x => x >= law.minimum);
  if (exponentialIsBetter(tail, law.minimum, law.exponent)) return none;
  return {value: law.exponent, standardError: law.standardError, probes};
}

/** The eigenvalues that nodes of weight 1/n stand for, from the largest down to the first node of another weight. */
function resolvedFromTop({nodes, weights}: DensityRecord, size: number): number[] {
  const row = nodes[0]!
    .map((node, i) => ({node, isLone: Math.abs(weights[0]![i]! * size - 1) < 1e-9}))
    .sort((a, b) => b.node - a.node);
  const end = row.findIndex(({node, isLone}) => !isLone || node <= 0);
  return row.slice(0, end < 0 ? row.length : end).map(({node}) => node);
}

/** Whether p(x) ∝ exp(−rate x) is significantly more likely than the power law, both with their best parameter. */
function exponentialIsBetter(tail: readonly number[], minimum: number, exponent: number): boolean {
  const rate = 1 / (mean(tail) - minimum);
  const differences = tail.map(
    x =>
      Math.log(rate) - rate * (x - minimum) - (Math.log((exponent - 1) / minimum) - exponent * Math.log(x / minimum)),
  );
  const average = mean(differences);
  const deviation = Math.sqrt(mean(differences.map(d => (d - average) ** 2)));
  return average * Math.sqrt(tail.length) > NORMAL_5 * deviation;
}

const mean = (values: readonly number[]): number => values.reduce((sum, x) => sum + x, 0) / values.length;
