import type {Scalar, Tensor, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel, LayerVariable, Sequential} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {text, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {InvalidArgumentError} from '../errors.js';
import {freshInStep, handOver} from '../model/compiled-training/step-context.js';
import {layerPositions} from '../model/layers/layer-positions.js';
import {isList, selectLayers, withinCount} from '../model/layers/layer-selection.js';
import {unknownLayer} from '../model/layers/unknown-layer.js';
import type {WeightSelection} from '../model/layers/weight-selection.js';
import {isMiddleHalf, middleHalf, selectTrainedWeights} from '../model/layers/weight-selection.js';
import type {Trainer, WeightedLayer} from '../model/layers/weighted-layers.js';
import {frozenLayers, movedWeights, variablesOf, weightedLayers} from '../model/layers/weighted-layers.js';
import {requireOwnModel} from '../model/model-argument.js';
import {offTape} from '../tfjs-internals/core/tape.js';
import {warn} from '../warnings.js';
import {PenaltyStream} from './penalty-stream.js';
import type {BlockKey} from './probe.js';
import {joinedProbe} from './probe.js';
import type {AttachedPenalty} from './step/penalized-step.js';
import type {StepNumber, TracePenalty} from './trace-penalty.js';
import {factorAt} from './trace-penalty.js';
import {requireSecondOrder} from './traces/require-second-order.js';
import type {StepTraces} from './traces/step-traces.js';
import type {TapedLoss} from './traces/taped-loss.js';
import type {Block} from './traces/trace-on-tape.js';

/** Identifies a random direction of an attached regularizer. */
export interface LayerDirectionArgs {
  /** The training step, from 1, as in `penalty$`. */
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
export class LayerPenalty implements AttachedPenalty {
  readonly stream = new PenaltyStream();
  private selected: readonly WeightedLayer[] = [];
  /** All layers that have been selected until now. */
  private readonly known = new Map<string, WeightedLayer>();
  /** The weights that a training step moved when the layers were selected. */
  private moved: readonly LayerVariable[];
  /** The names of the frozen layers that a warning has named. */
  private leftAlone = '';
  private readonly positions: ReadonlyMap<Variable, number>;

  /** @throws InvalidArgumentError, UnsupportedKernelError as `attachRegularizer` does. */
  constructor(
    private readonly model: LayersModel,
    readonly penalty: TracePenalty,
    private readonly selection: WeightSelection,
    private readonly trainer: Trainer,
  ) {
    if (trainer === 'fit') requireOwnModel(model);
    build(model);
    this.positions = layerPositions(model);
    this.choose(selectTrainedWeights(model, selection, trainer));
    this.moved = movedWeights(model, trainer);
    requireSecondOrder(model, variablesOf(this.selected));
  }

  get layers(): string[] {
    return this.selected.map(({name}) => name);
  }

  get words(): string {
    // The blocks are chosen again when other weights are trained.
    const blocks = this.blocks().map(({key, variables}) => `${key}: ${variables.length}`);
    return `${this.stream.isObserved ? 'observed ' : ''}penalty on ${blocks.join()}`;
  }

  compute(taped: TapedLoss, step: StepNumber, traces: StepTraces): Scalar | null {
    return this.computeFor(this.stream.isObserved, taped, step, traces);
  }

  computeQuietly(taped: TapedLoss, step: StepNumber, traces: StepTraces): Scalar | null {
    return this.computeFor(false, taped, step, traces);
  }

  private computeFor(isObserved: boolean, taped: TapedLoss, step: StepNumber, traces: StepTraces): Scalar | null {
    const {total, blocks} = traces.compute(taped, this.penalty, step, this.blocks());
    const factor = freshInStep(() => tf.scalar(factorAt(this.penalty, step())));
    const scaled = (trace: Tensor) => tf.mul(trace, factor) as Scalar;
    const penalty = total && scaled(total);
    if (isObserved) {
      const names = blocks.map(([name]) => name);
      const values = penalty && offTape(() => tf.stack([penalty, ...blocks.map(([, trace]) => scaled(trace))]));
      const {verdict} = taped;
      handOver(values === null ? [] : [values], ([kept]) => this.stream.emit(step(), kept ?? null, names, verdict));
    }
    return penalty;
  }

  /** The random direction of a step in a layer's block. */
  direction(args: LayerDirectionArgs): Float32Array {
    const {step, layer, index} = layerDirectionArgs(args);
    const found = this.known.get(layer);
    if (found === undefined) throw unknownLayer(layer, [...this.known.values()]);
    const sizes = found.variables.map(({variable}) => variable.size);
    return joinedProbe(this.penalty, {step, block: this.keyOf(found), index}, sizes);
  }

  private keyOf({variables}: WeightedLayer): BlockKey {
    return `layer ${this.positions.get(variables[0]!.variable)!}`;
  }

  /** The selected blocks among the weights that the step moves. */
  private blocks(): readonly Block[] {
    const moved = movedWeights(this.model, this.trainer);
    if (!isSame(moved, this.moved)) {
      this.moved = moved;
      this.choose(this.select());
    }
    return this.selected.map(layer => ({name: layer.name, key: this.keyOf(layer), variables: variablesOf([layer])}));
  }

  private choose(layers: readonly WeightedLayer[]): void {
    this.selected = layers;
    for (const layer of layers) this.known.set(layer.name, layer);
  }

  private select(): readonly WeightedLayer[] {
    const {model, selection, trainer} = this;
    const layers = weightedLayers(model, trainer);
    if (isMiddleHalf(selection)) return middleHalf(layers);
    if (typeof selection === 'function') return layers.filter(selection);
    if (!isList(selection)) return selectLayers(layers, withinCount(selection, layers.length));
    const frozen = frozenLayers(model, trainer).filter(name => selection.includes(name));
    this.warnOfFrozen(frozen.join(', '));
    return layers.filter(({name}) => selection.includes(name));
  }

  /** Warns of the named layers that are frozen; again only when they change. */
  private warnOfFrozen(names: string): void {
    if (names !== '' && names !== this.leftAlone) {
      warn(
        'ignored-setting',
        `The penalty leaves layers alone that are frozen now: ${names}. It goes on when they are trained again.`,
      );
    }
    this.leftAlone = names;
  }
}

function isSame(a: readonly LayerVariable[], b: readonly LayerVariable[]): boolean {
  return a.length === b.length && a.every((weight, i) => weight === b[i]);
}

/** Builds a `Sequential`, which otherwise is built when it is first used. */
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
