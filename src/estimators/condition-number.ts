import {optional} from 'valibot';
import {finiteNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWorkEntries} from '../long-work.js';
import type {RitzValue} from '../metrics/records.js';
import type {MatvecOperator} from '../operators/linear-operator.js';
import {requireOperator} from '../operators/operator-argument.js';
import {type SpectrumArgs, spectrum, spectrumArgs} from './spectrum.js';

/** Options of `conditionNumber`. */
export interface ConditionNumberArgs extends Pick<SpectrumArgs, 'steps' | 'probes' | 'seed'>, LongWorkArgs {
  /** λ, which is added to each eigenvalue. Default: 0. */
  readonly shift?: number;
}

const {steps, probes, seed} = spectrumArgs.entries;
const conditionNumberArgs = optionsOf<ConditionNumberArgs>('conditionNumber()')({
  shift: optional(finiteNumber(), 0),
  ...{steps, probes, seed},
  ...longWorkEntries,
});

/** A condition number, and the ends of the spectrum that it comes from. */
export interface ConditionNumber {
  /** (θ_max + λ) / (θ_min + λ): at most the condition number of A + λ I, and exact for an operator of at most `steps` dimensions. */
  readonly value: number;
  /** The largest Ritz value of A. */
  readonly largest: RitzValue;
  /** The smallest Ritz value of A. */
  readonly smallest: RitzValue;
}

/**
 * The condition number κ = (λ_max + λ) / (λ_min + λ) of a positive definite A + λ I, from the extreme Ritz values: how many steps conjugate gradients
 * or gradient descent take goes with √κ or κ.
 *
 * Ritz values lie within the spectrum, so `value` is a lower bound of κ; more steps raise it. The small end of a spectrum is found last.
 * κ has no meaning for an operator with eigenvalues on both sides of 0, and is infinite for a singular one, as Gauss–Newton matrices of networks are:
 * both are errors, and a shift helps.
 *
 * Costs `steps × probes` products.
 *
 * Source: Golub & Van Loan (2013), section 10.1, for Ritz values and the ends of a spectrum.
 *
 * @throws InvalidArgumentError if A + λ I is not positive definite within the residual of its smallest Ritz value, which the message names, and
 *     as `spectrum` does.
 * @example
 * const {value} = await conditionNumber(G, {shift: 1e-3});
 */
export async function conditionNumber(op: MatvecOperator, args?: ConditionNumberArgs): Promise<ConditionNumber> {
  requireOperator(op);
  const {shift, ...rest} = conditionNumberArgs(args);
  const {largest, smallest} = await spectrum(op, {...rest, k: 1, traceProbes: 0});
  const [top, bottom] = [largest[0]!, smallest[0]!];
  const least = bottom.value + shift;
  if (!(least > bottom.residual)) {
    throw new InvalidArgumentError(
      `The condition number has no meaning: with shift ${shift}, the smallest Ritz value is ${least} ± ${bottom.residual}, so the operator may be ` +
        `singular or indefinite. Take a shift of more than ${bottom.residual - bottom.value}.`,
    );
  }
  return {value: (top.value + shift) / least, largest: top, smallest: bottom};
}
