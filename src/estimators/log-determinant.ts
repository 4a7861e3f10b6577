import {optional} from 'valibot';
import {finiteNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import type {Estimate} from '../metrics/records.js';
import type {SpectrumSource, TraceOfFunctionArgs} from './trace-of-function.js';
import {sumOver, traceOfFunctionEntries} from './trace-of-function.js';

/** Options of `logDeterminant`. */
export interface LogDeterminantArgs extends TraceOfFunctionArgs {
  /** λ, which is added to each eigenvalue. Default: 0. */
  readonly shift?: number;
}

const logDeterminantArgs = optionsOf<LogDeterminantArgs>('logDeterminant()')({
  ...traceOfFunctionEntries,
  shift: optional(finiteNumber(), 0),
});

/**
 * log det(A + λ I) = tr log(A + λ I), by stochastic Lanczos quadrature.
 *
 * It is the term of Laplace's approximation of a model's evidence that counts parameters (MacKay 1992), with A a Gauss–Newton matrix and λ the
 * precision of the prior. Steps, errors and costs are those of `traceOfFunction`. The logarithm is steep near 0: the smaller λ is beside the
 * largest eigenvalue, the more steps it takes.
 *
 * Source: Ubaru, Chen & Saad (2017), section 5.
 *
 * @throws InvalidArgumentError if A + λ I has a Ritz value that is not positive, which the message names, and as `traceOfFunction` does.
 * @example
 * const {value, standardError} = await logDeterminant(G, {shift: 1e-2, steps: 60, probes: 8});
 */
export async function logDeterminant(source: SpectrumSource, args?: LogDeterminantArgs): Promise<Estimate> {
  const {shift, ...rest} = logDeterminantArgs(args);
  return sumOver(
    source,
    x => (x + shift > 0 ? Math.log(x + shift) : Number.NaN),
    rest,
    node => notPositive(node, shift, 'shift'),
  );
}

/** The error for a Ritz value at which A + λ I is not positive. */
export function notPositive(node: number, shift: number, name: string): InvalidArgumentError {
  return new InvalidArgumentError(
    `The operator has the Ritz value ${node}, and with ${name} ${shift} it is ${node + shift}, which is not positive. Take ${name} > ${-node}, or an operator ` +
      'without negative eigenvalues, such as gaussNewton().',
  );
}
