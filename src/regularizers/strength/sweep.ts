import type {LayersModel} from '@tensorflow/tfjs-layers';
import {InvalidArgumentError} from '../../errors.js';
import type {WeightSelection} from '../../model/layers/weight-selection.js';
import type {ModelCopy} from '../../model/model-copy.js';
import type {HeldBatch} from '../../operators/from-model/batch-dataset.js';
import {deriveSeed, randomBits, uniform} from '../../random.js';
import {attachRegularizer} from '../attach-regularizer.js';
import {HessianTraceRegularizer} from '../hessian-trace-regularizer.js';
import {penalizedSteps} from '../step/penalized-steps.js';
import type {StrengthRuns, SweepPoint} from './sweep-points.js';
import {sweepPoints} from './sweep-points.js';
import type {PartResult, ValidationParts} from './validation-parts.js';

export interface SweepArgs {
  readonly copy: ModelCopy;
  readonly batches: readonly HeldBatch[];
  readonly validation: ValidationParts;
  readonly regularizer: HessianTraceRegularizer;
  readonly layers: WeightSelection;
  /** In ascending order, the first 0. */
  readonly strengths: readonly number[];
  /** Training steps of each run. */
  readonly steps: number;
  readonly repeats: number;
  readonly seed: number;
  readonly onUnit: () => Promise<void>;
}

/** The units of work of a sweep: training steps and parts to evaluate. */
export function sweepUnits({
  strengths,
  steps,
  repeats,
  validation,
}: Pick<SweepArgs, 'strengths' | 'steps' | 'repeats' | 'validation'>): number {
  return strengths.length * repeats * (steps + validation.length);
}

/**
 * Trains a copy with each strength and evaluates it. In a repeat, all strengths see the same batches in the same order, the same
 * random numbers of dropout, and the same probes.
 */
export async function sweep(args: SweepArgs): Promise<SweepPoint[]> {
  const {strengths, repeats, validation} = args;
  const results = strengths.map((): PartResult[][] => []);
  for (let repeat = 0; repeat < repeats; repeat++) await runRepeat(args, repeat, results);
  const [none] = results;
  if (none!.flat().some(({loss}) => !Number.isFinite(loss))) {
    throw new InvalidArgumentError(
      'The validation loss without a penalty is not finite after the training of the sweep, so no strength can be compared ' +
        'with it. Lower the learning rate, or take fewer steps.',
    );
  }
  const runs = strengths.map((strength, i): StrengthRuns => ({strength, repeats: results[i]!}));
  return sweepPoints(runs, validation.shares);
}

async function runRepeat(args: SweepArgs, repeat: number, results: readonly PartResult[][][]): Promise<void> {
  const {copy, batches, regularizer, layers, strengths, steps, validation, onUnit} = args;
  const {model} = copy;
  const seed = deriveSeed(args.seed, 'sweep', repeat);
  let strength = 0;
  copy.restart();
  // One attachment for all strengths, so that they share the compiled steps.
  const {detach} = attachRegularizer(
    model,
    likeness(regularizer, () => strength, seed),
    {layers},
  );
  // The points say it of each strength.
  penalizedSteps(model).balance.stop();
  try {
    for (const [i, value] of strengths.entries()) {
      strength = value;
      copy.restart();
      for (let step = 0; step < steps; step++) {
        const epoch = Math.floor(step / batches.length);
        const order = shuffled(batches.length, deriveSeed(seed, 'order', epoch));
        copy.step(batches[order[step % batches.length]!]!.batch, deriveSeed(seed, 'step', step));
        await onUnit();
      }
      await settled(model);
      results[i]!.push(await validation.evaluate(model, onUnit));
    }
  } finally {
    detach();
  }
}

/** A regularizer that differs in strength and seed. */
function likeness(
  {probes, distribution, estimator, keep, probe, curvature, every, subBatch}: HessianTraceRegularizer,
  strength: () => number,
  seed: number,
): HessianTraceRegularizer {
  return new HessianTraceRegularizer({
    ...{strength, seed, probes, distribution, estimator, probe, curvature, every},
    ...(estimator === 'dropout' && {keep}),
    ...(subBatch !== null && {subBatch}),
  });
}

/** Waits until a device that refuses kernels asynchronously has accepted all of them. */
function settled(model: LayersModel): Promise<void> {
  return penalizedSteps(model).settled();
}

/** The numbers 0 to n − 1 in a random order (Fisher & Yates). */
function shuffled(n: number, seed: number): number[] {
  const bits = randomBits(seed, 0);
  const order = Array.from({length: n}, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = Math.floor(uniform(bits) * (i + 1));
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
