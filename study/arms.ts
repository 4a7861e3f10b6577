import type {LayersModel} from '@tensorflow/tfjs-layers';
import {attachRegularizer, HessianTraceRegularizer} from 'tfjs-hessian';
import type {TensorFlow} from 'tfjs-hessian/node';
import type {Architecture, ModelArgs} from './models.js';

export const armNames = ['none', 'l2', 'dropout', 'seht-d', 'htr-all', 'htr-middle', 'htr-first', 'htr-last'] as const;
export type ArmName = (typeof armNames)[number];

export const armTitles: Readonly<Record<ArmName, string>> = {
  none: 'none',
  l2: 'L2',
  dropout: 'dropout',
  'seht-d': 'SEHT-D, all layers',
  'htr-all': 'HTR, all layers',
  'htr-middle': 'HTR, middle',
  'htr-first': 'HTR, first',
  'htr-last': 'HTR, last',
};

/** A compiled model with one regularizer of a given strength. */
export function buildArm(
  tf: TensorFlow,
  {build, layers, ...places}: Architecture,
  arm: ArmName,
  strength: number,
  args: ModelArgs,
): LayersModel {
  const penalized = (selection: readonly string[], estimator: 'hutchinson' | 'dropout' = 'hutchinson') => {
    const model = build(tf, args);
    // One probe over all layers: its mean is the sum of their traces, at the cost of the layer that is farthest from the loss.
    const regularizer = new HessianTraceRegularizer({strength, estimator, probe: 'joint', seed: args.seed});
    attachRegularizer(model, regularizer, {layers: selection});
    return model;
  };
  switch (arm) {
    case 'none':
      return build(tf, args);
    case 'l2':
      return build(tf, {...args, l2: strength});
    case 'dropout':
      return build(tf, {...args, dropout: strength});
    case 'seht-d':
      return penalized(layers, 'dropout');
    case 'htr-all':
      return penalized(layers);
    case 'htr-middle':
      return penalized(places.middle);
    case 'htr-first':
      return penalized(places.first);
    case 'htr-last':
      return penalized(places.last);
  }
}
