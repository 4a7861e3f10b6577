import type {LayersModel} from '@tensorflow/tfjs-layers';
import {attachRegularizer, HessianTraceRegularizer} from 'tfjs-hessian';
import type {PenaltyPlan} from './recipe.js';

/** Attaches the penalty of a recipe. */
export function penalize(model: LayersModel, plan: PenaltyPlan, stepsAnEpoch: number, seed: number): void {
  const {layers, probes, distribution, probe, estimator} = plan;
  const regularizer = new HessianTraceRegularizer({
    ...{probes, distribution, probe, estimator, seed},
    strength: step => strengthAt(step, plan, stepsAnEpoch),
  });
  attachRegularizer(model, regularizer, {layers: layers === 'middle half' ? {middle: 'half'} : layers});
}

/** λ in a training step, counted from 1. Steps of strength 0 have no penalty to compute. */
export function strengthAt(
  step: number,
  {strength, everyInEpoch, fromEpoch}: PenaltyPlan,
  stepsAnEpoch: number,
): number {
  const epoch = Math.floor((step - 1) / stepsAnEpoch);
  const inEpoch = (step - 1) % stepsAnEpoch;
  return epoch >= fromEpoch && inEpoch % everyInEpoch === 0 ? strength : 0;
}
