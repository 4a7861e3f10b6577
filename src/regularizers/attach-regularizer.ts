import type {Scalar} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import type {Observable} from 'rxjs';
import {Subject} from 'rxjs';
import {InvalidArgumentError} from '../errors.js';
import type {LayerSelection} from '../model/layer-selection.js';
import {selectLayers} from '../model/layer-selection.js';
import {trainingModel} from '../model/layers-internals.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import {weightedLayers} from '../model/weighted-layers.js';
import {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import type {PenalizedStep, Penalty} from './penalized-step.js';
import {isDue, penalizedSteps} from './penalized-step.js';

export interface AttachRegularizerArgs {
  /** The layers whose blocks are penalized; default `'all'`. */
  readonly layers?: LayerSelection<WeightedLayer>;
}

/** What a step has added to its loss. */
export interface PenaltyPoint {
  /** The model's n-th training step since it is penalized, from 1. */
  readonly step: number;
  readonly total: number;
  /** By layer, the strength multiplied in. */
  readonly layers: Record<string, number>;
}

export interface AttachedRegularizer {
  /** The penalized layers, in the model's order. */
  readonly layers: string[];
  /** The penalties of each penalized step, once the step is over. Completes on `detach()`. */
  readonly penalty$: Observable<PenaltyPoint>;
  /** Gives back the model as it was. */
  detach(): void;
}

/**
 * Penalizes the curvature of a model's layers in all its training steps from now on: `fit`, `fitDataset`, `trainOnBatch`.
 *
 * Each layer has probes of its own, so that the penalty's mean is strength × Σ tr(H_layer).
 *
 * @throws InvalidArgumentError for a model that is not built, for an unknown layer, for something else than a regularizer.
 * @example
 * const {penalty$, detach} = attachRegularizer(model, new HessianTraceRegularizer({strength: 1e-3}), {layers: 'middle'});
 */
export function attachRegularizer(
  model: LayersModel,
  regularizer: HessianTraceRegularizer,
  {layers = 'all'}: AttachRegularizerArgs = {},
): AttachedRegularizer {
  if (!(regularizer instanceof HessianTraceRegularizer)) {
    throw new InvalidArgumentError(
      `attachRegularizer takes a HessianTraceRegularizer; got ${String(regularizer)}. L1 and L2 go into a layer's configuration.`,
    );
  }
  if (!model.built || trainingModel(model) === undefined) {
    throw new InvalidArgumentError(
      `Model "${model.name}" is not built, so its weights are not known; give its first layer an inputShape, or call model.build().`,
    );
  }
  const penalty = new LayerPenalty(regularizer, selectLayers(weightedLayers(model), layers));
  const remove = penalizedSteps(model).add(penalty);
  return {
    layers: penalty.layers.map(layer => layer.name),
    penalty$: penalty.points.asObservable(),
    detach() {
      remove();
      penalty.points.complete();
    },
  };
}

class LayerPenalty implements Penalty {
  readonly points = new Subject<PenaltyPoint>();
  /** Values of the step that is running, for those who listen. */
  private kept: {step: number; values: [layer: string, value: Scalar][]} | null = null;

  constructor(
    private readonly regularizer: HessianTraceRegularizer,
    readonly layers: readonly WeightedLayer[],
  ) {}

  isDue(step: number): boolean {
    return isDue(this.regularizer, step);
  }

  compute(step: PenalizedStep): Scalar | null {
    const values: [string, Scalar][] = [];
    for (const {name, variables} of this.layers) {
      const value = step.penalize(
        this.regularizer,
        variables.map(({variable}) => variable),
        name,
      );
      if (value !== null) values.push([name, value]);
    }
    if (this.points.observed) {
      this.kept = {step: step.number, values: values.map(([name, value]) => [name, tf.keep(value.clone())])};
    }
    return values.length === 0 ? null : values.map(([, value]) => value).reduce((a, b) => tf.add(a, b));
  }

  onStepEnd(): void {
    if (this.kept === null) return;
    const {step, values} = this.kept;
    this.kept = null;
    void emit(step, values, this.points);
  }
}

/** Reads what a step has kept, which training does not wait for. */
async function emit(step: number, values: [string, Scalar][], points: Subject<PenaltyPoint>): Promise<void> {
  try {
    const read = await Promise.all(values.map(async ([name, value]) => [name, (await value.data())[0]!] as const));
    points.next({step, total: read.reduce((sum, [, value]) => sum + value, 0), layers: Object.fromEntries(read)});
  } finally {
    for (const [, value] of values) value.dispose();
  }
}
