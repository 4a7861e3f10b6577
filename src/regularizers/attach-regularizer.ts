import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {optional} from 'valibot';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {WeightSelection} from '../model/layers/weight-selection.js';
import {weightSelection} from '../model/layers/weight-selection.js';
import {requireModel} from '../model/model-argument.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {requireRegularizer} from './hessian-trace-regularizer.js';
import type {LayerDirectionArgs} from './layer-penalty.js';
import {LayerPenalty} from './layer-penalty.js';
import type {PenaltyPoint} from './penalty-stream.js';
import {penalizedSteps} from './step/penalized-steps.js';

/** Options of `attachRegularizer`. */
export interface AttachRegularizerArgs {
  /** The layers whose blocks are penalized; default `'all'`. `{middle: 'half'}` selects among single weights instead. */
  readonly layers?: WeightSelection;
  /**
   * How many training steps are done, if a training resumes; by default the number that the model's optimizer has counted.
   * Probes, `every` and a schedule of the strength depend on the step's number.
   */
  readonly initialStep?: number;
}

/** Checks the options of an attachment. Messages name `owner`. */
export function attachmentArgs(owner: string) {
  return optionsOf<AttachRegularizerArgs>(owner)({
    layers: optional(weightSelection(), 'all'),
    initialStep: optional(wholeNumber(0), 0),
  });
}

const attachRegularizerArgs = attachmentArgs('attachRegularizer()');

/** A regularizer that is attached to a model. */
export interface AttachedRegularizer {
  /** The layers that the newest step has penalized, in the model's order; before the first step, those that it will penalize. */
  readonly layers: string[];
  /** The penalties of each penalized step, once the step is over. Completes on `detach()`. */
  readonly penalty$: Observable<PenaltyPoint>;
  /** The random direction v of a step's estimate vᵀHv in a layer's block, for `quadraticForm`. */
  direction(args: LayerDirectionArgs): Float32Array;
  /** Removes the penalty from the model. */
  detach(): void;
}

/**
 * Penalizes the curvature of a model's layers in all its training steps from now on: `fit`, `fitDataset`, `trainOnBatch`.
 *
 * Each layer has its own probes, or all share a joint one. The penalty's mean is strength × Σ tr(H_layer). The model may be
 * compiled before, afterwards and again. The model is run once on zeros, to check that it can be penalized. An attachment is not
 * part of a saved model. Layers are selected again when other weights become trainable: `'all'` and `'middle'` are chosen from
 * the layers that a step trains. A named layer that is frozen later is not penalized while it is frozen, with a warning.
 *
 * @throws InvalidArgumentError for a model without layers, an unknown or frozen layer, or anything but a regularizer.
 * @throws UnsupportedKernelError if the run on zeros meets a kernel without a second-order rule.
 * @example
 * const {penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
 */
export function attachRegularizer(
  model: LayersModel,
  regularizer: HessianTraceRegularizer,
  args?: AttachRegularizerArgs,
): AttachedRegularizer {
  const {layers, initialStep} = attachRegularizerArgs(args);
  requireModel(model);
  requireRegularizer('attachRegularizer', regularizer);
  const penalty = new LayerPenalty(model, regularizer, layers, 'fit');
  const remove = penalizedSteps(model).attach(penalty, initialStep);
  return {
    get layers() {
      return penalty.layers;
    },
    penalty$: penalty.stream.penalty$,
    direction: address => penalty.direction(address),
    detach() {
      remove();
      penalty.stream.close();
    },
  };
}
