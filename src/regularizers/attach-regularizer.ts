import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {optional} from 'valibot';
import {wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import type {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import {requireRegularizer} from './hessian-trace-regularizer.js';
import type {LayerDirectionArgs} from './layer-penalty.js';
import {LayerPenalty} from './layer-penalty.js';
import type {PenaltyPoint} from './penalty-stream.js';
import {penalizedSteps} from './step/penalized-steps.js';

/** Options of `attachRegularizer`. */
export interface AttachRegularizerArgs {
  /** The layers whose blocks are penalized; default `'all'`. */
  readonly layers?: LayerSelection<WeightedLayer>;
  /**
   * How many training steps are done, where a training resumes; default what the model's optimizer has counted. Probes,
   * `every` and a schedule of the strength go by it.
   */
  readonly initialStep?: number;
}

/** The options of an attachment, checked by the name of whose they are. */
export function attachmentArgs(owner: string) {
  return optionsOf<AttachRegularizerArgs>(owner)({
    layers: optional(layerSelection<WeightedLayer>(), 'all'),
    initialStep: optional(wholeNumber(0), 0),
  });
}

const attachRegularizerArgs = attachmentArgs('attachRegularizer()');

/** A regularizer on a model: its penalties, and the way to take it off. */
export interface AttachedRegularizer {
  /** The layers that the newest step has penalized, in the model's order; before the first, those that it will. */
  readonly layers: string[];
  /** The penalties of each penalized step, once the step is over. Completes on `detach()`. */
  readonly penalty$: Observable<PenaltyPoint>;
  /** The random direction v of a step's estimate vᵀHv in a layer's block: what `quadraticForm` takes. */
  direction(args: LayerDirectionArgs): Float32Array;
  /** Gives back the model as it was. */
  detach(): void;
}

/**
 * Penalizes the curvature of a model's layers in all its training steps from now on: `fit`, `fitDataset`, `trainOnBatch`.
 *
 * Each layer has probes of its own (or all share one that is joint), so that the penalty's mean is strength × Σ tr(H_layer).
 * The model may be compiled before, afterwards and again. It is run once, on zeros, to see whether this can be done; nothing
 * of that stays. An attachment is not part of a saved model. A selection is made anew whenever other weights are trained:
 * `'all'` and `'middle'` mean the layers that a step moves. A layer that was named and is frozen later is left alone while it
 * is, with a warning.
 *
 * @throws InvalidArgumentError for a model without layers, for an unknown or frozen layer, for something else than a regularizer.
 * @throws UnsupportedKernelError for a model that runs a kernel without a second-order rule, as far as can be known.
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
