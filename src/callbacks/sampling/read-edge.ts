import type {Tensor1D} from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {TfjsHessianError} from '../../errors.js';
import {weightedLayers} from '../../model/layers/weighted-layers.js';
import {sliceLayers} from '../../operators/blocks/network-operator.js';
import {edgeOf, ruleOf} from '../../operators/preconditioning/optimizer-rule.js';
import {scalesOf} from '../../operators/preconditioning/preconditioned.js';
import {toError} from '../../streams/shielded.js';
import {keptWeights} from '../../tfjs-internals/layers/optimizer-state.js';
import {edgeSteps, type SampleWork} from '../cost/sample-work.js';
import type {CurvatureName} from './curvatures.js';

/** The edge of stability of an optimizer in one state. */
export interface KnownEdge<T> {
  /** The name of its class. */
  readonly optimizer: string;
  readonly threshold: number;
  /** P^−½ for the diagonal P by which it divides gradients, `[size]`; `null`: P is the identity. */
  readonly scales: T | null;
}

/** The edge of stability of an optimizer, or why it is unknown. */
export type Edge<T = Tensor1D> = KnownEdge<T> | {readonly reason: string};

/**
 * The edge of a model's optimizer in its present state, for the weights that training moves. Never throws. The caller owns the
 * scales.
 */
export function readEdge(model: LayersModel, operator: CurvatureName): Edge {
  try {
    if (operator !== 'hessian') {
      throw new TfjsHessianError(
        `The edge of stability is one of the Hessian's eigenvalues, and the samples are of '${operator}'; take samples of 'hessian'.`,
      );
    }
    const {optimizer} = model;
    const {threshold, preconditioner} = edgeOf(optimizer);
    const known = {optimizer: optimizer.getClassName(), threshold};
    if (preconditioner === null) return {...known, scales: null};
    const layers = sliceLayers(weightedLayers(model));
    const names = layers.flatMap(({weights}) => weights.map(({name}) => name));
    requireOwnState(keptWeights(optimizer), names);
    return {...known, scales: scalesOf({layers}, preconditioner)};
  } catch (error) {
    return {reason: toError(error).message};
  }
}

/** How many products a sample spends at most on the edge of a model's optimizer, also if that is not known yet. */
export function edgeProducts(
  {optimizer}: LayersModel,
  operator: CurvatureName,
  work: Pick<SampleWork, 'steps' | 'probes'>,
): number {
  if (operator !== 'hessian' || !optimizer || ruleOf(optimizer) === null) return 0;
  try {
    return edgeOf(optimizer).preconditioner === null ? 0 : edgeSteps(work);
  } catch {
    // Before the first step.
    return edgeSteps(work);
  }
}

/**
 * TensorFlow.js' optimizers find what they keep for a weight by its position among those that are trained, and not by its name.
 *
 * @throws TfjsHessianError if they use for these weights what they have kept for others.
 */
function requireOwnState(kept: readonly string[] | null, names: readonly string[]): void {
  if (kept === null) return;
  const used = new Set(kept.slice(0, names.length));
  if (names.every(name => used.has(name))) return;
  const missing = names.find(name => !kept.includes(name));
  throw new TfjsHessianError(
    missing === undefined
      ? 'The weights that are trained have changed, and TensorFlow.js’ optimizers then use what they have kept for other weights; compile the model with a new optimizer.'
      : `The optimizer has no state for weight "${missing}" yet; it has one after the next step.`,
  );
}
