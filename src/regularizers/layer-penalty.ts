import type {Scalar, Tensor} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, Sequential} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {text, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {show} from '../arguments/show.js';
import {InvalidArgumentError} from '../errors.js';
import type {LayerSelection} from '../model/layer-selection.js';
import {selectLayers} from '../model/layer-selection.js';
import {requireModel} from '../model/model-argument.js';
import {unknownLayer} from '../model/unknown-layer.js';
import type {WeightedLayer} from '../model/weighted-layers.js';
import {variablesOf, weightedLayers} from '../model/weighted-layers.js';
import {HessianTraceRegularizer} from './hessian-trace-regularizer.js';
import type {Penalty} from './penalized-step.js';
import {PenaltyStream} from './penalty-stream.js';
import {requireSecondOrder} from './require-second-order.js';
import {StepTraces} from './step-traces.js';
import type {TapedLoss} from './taped-loss.js';
import type {Block} from './trace-on-tape.js';

export interface LayerDirectionArgs {
  /** The training step, from 1: as `penalty$` names it. */
  readonly step: number;
  readonly layer: string;
  /** Which of the step's probes; default 0. */
  readonly index?: number;
}

const layerDirectionArgs = optionsOf<LayerDirectionArgs>('direction()')({
  step: wholeNumber(),
  layer: text("a layer's name"),
  index: optional(wholeNumber(0), 0),
});

/** The penalty on some layers of a model. */
export class LayerPenalty implements Penalty {
  readonly stream = new PenaltyStream();
  private readonly traces = new StepTraces();
  private readonly selected: readonly WeightedLayer[];

  /** @throws InvalidArgumentError, UnsupportedKernelError as `attachRegularizer` does. */
  constructor(
    private readonly model: LayersModel,
    readonly regularizer: HessianTraceRegularizer,
    selection: LayerSelection<WeightedLayer>,
    caller: string,
  ) {
    requireModel(model);
    if (!(regularizer instanceof HessianTraceRegularizer)) {
      throw new InvalidArgumentError(
        `${caller} takes a HessianTraceRegularizer; got ${show(regularizer)}. L1 and L2 go into a layer's configuration.`,
      );
    }
    build(model);
    this.selected = selectLayers(weightedLayers(model), selection);
    requireSecondOrder(model, variablesOf(this.selected));
  }

  get layers(): string[] {
    return this.selected.map(({name}) => name);
  }

  compute(taped: TapedLoss, step: number): Scalar | null {
    const {total, blocks} = this.traces.compute(taped, this.regularizer, step, this.blocks());
    const factor = this.regularizer.strengthAt(step) * this.regularizer.every;
    const scaled = (trace: Tensor) => tf.mul(trace, factor) as Scalar;
    const penalty = total && scaled(total);
    this.stream.emit(step, penalty, () => blocks.map(([name, trace]) => [name, scaled(trace)]));
    return penalty;
  }

  /** Ends the stream and gives back what was compiled. */
  close(): void {
    this.traces.dispose();
    this.stream.close();
  }

  /** The random direction of a step in a layer's block. */
  direction(args: LayerDirectionArgs): Float32Array {
    const {step, layer, index} = layerDirectionArgs(args);
    const found = this.selected.find(({name}) => name === layer);
    if (found === undefined) throw unknownLayer(layer, this.selected);
    const sizes = found.variables.map(({variable}) => variable.size);
    return this.regularizer.direction({step, block: layer, sizes, index});
  }

  /** What has been frozen since is left alone. */
  private blocks(): Block[] {
    const trainable = new Set(this.model.trainableWeights.map(weight => weight.read()));
    return this.selected.flatMap(({name, variables}) => {
      const moving = variables.map(({variable}) => variable).filter(variable => trainable.has(variable));
      return moving.length === 0 ? [] : [{name, variables: moving}];
    });
  }
}

/** A `Sequential` is built when it is first used, unless it is told to be. */
function build(model: LayersModel): void {
  if (model.built) return;
  try {
    (model as Sequential).build();
  } catch (cause) {
    throw new InvalidArgumentError(
      `Model "${model.name}" cannot be built, so its weights are not known; add its layers first.`,
      {cause},
    );
  }
}
