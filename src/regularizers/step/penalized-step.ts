import type {Scalar, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {fasterGradientsUnnoticed} from '../../autodiff/gradients/faster-gradients.js';
import {freshInStep} from '../../model/compiled-training/step-context.js';
import {variablesOf, weightedLayers} from '../../model/layers/weighted-layers.js';
import type {StepBatch} from '../../model/training-step.js';
import type {Disposable} from '../../owned.js';
import {deriveSeed} from '../../random.js';
import type {StepNumber, TracePenalty} from '../trace-penalty.js';
import {factorAt} from '../trace-penalty.js';
import {lossOnFirstRows} from '../traces/first-rows.js';
import type {StepTraces} from '../traces/step-traces.js';
import type {TapedLoss} from '../traces/taped-loss.js';
import {ForwardRecording} from '../traces/taped-loss.js';
import type {ConfiguredPenalty} from './configured-penalties.js';

/** A penalty on the curvature of some layers of a model. */
export interface AttachedPenalty {
  readonly penalty: TracePenalty;
  /** What decides which ops it runs in a step, in words. */
  readonly words: string;
  /** What it adds to a step's loss, on the tape; `null` for nothing. */
  compute(taped: TapedLoss, step: StepNumber, traces: StepTraces): Scalar | null;
  /** The same, but nobody hears of it. */
  computeQuietly(taped: TapedLoss, step: StepNumber, traces: StepTraces): Scalar | null;
}

export interface PenalizedStepArgs {
  readonly model: LayersModel;
  readonly batch: StepBatch;
  readonly number: StepNumber;
  /** The penalties that are due. */
  readonly attached: readonly AttachedPenalty[];
  readonly configured: readonly ConfiguredPenalty[];
  /** The regularizers that tfjs-layers does not ask for. */
  readonly leftOut: readonly (() => Scalar)[];
  readonly traces: StepTraces;
}

/**
 * A training step from its beginning to the end of its forward pass.
 *
 * It records the step's own forward pass up to the data loss. The penalties push jets through that recording.
 */
export class PenalizedStep implements Disposable {
  private readonly forward: ForwardRecording | null;
  private readonly withOutputs: boolean;
  /** The losses whose curvature is penalized, by their number of rows of the batch. */
  private readonly taped = new Map<number, TapedLoss>();
  /** The weights that are penalized already. */
  private readonly done = new Map<ConfiguredPenalty, Set<Variable>>();
  private readonly made = new Set<Scalar>();
  /** The positions of the weights that the step moves, in the model's order. */
  private positions: ReadonlyMap<Variable, number> | null = null;
  /** The tape looks up each kernel's gradient in the forward pass. */
  private readonly restoreGradients = fasterGradientsUnnoticed();

  constructor(private readonly args: PenalizedStepArgs) {
    const {model, attached, configured} = args;
    const due = [...attached, ...configured].map(({penalty}) => penalty);
    this.withOutputs = due.some(({curvature}) => curvature === 'gaussNewton');
    const isOnAllRows = due.some(penalty => this.rowsFor(penalty) === this.rows);
    this.forward = isOnAllRows ? new ForwardRecording(model, this.withOutputs) : null;
  }

  /**
   * Computes the penalties. The forward pass has just averaged its data loss.
   *
   * @param regularizers computes those of tfjs-layers.
   * @returns all that is added to the data loss.
   */
  aroundRegularizers(regularizers: () => Scalar[]): Scalar[] {
    const {attached, configured, number, traces} = this.args;
    if (this.forward !== null) this.taped.set(this.rows, this.forward.endAtNewest());
    const added = attached.flatMap(each => each.compute(this.lossFor(each.penalty), number, traces) ?? []);
    for (const term of added) this.made.add(term);
    const all = () => [...regularizers(), ...added, ...this.leftOut()];
    return configured.reduce<() => Scalar[]>(
      (body, each) => () => each.during(weight => this.weightPenalty(each, weight), body),
      all,
    )();
  }

  /** Those of `aroundRegularizers` that are penalties on traces. */
  penaltiesAround(regularizers: () => Scalar[]): Scalar[] {
    return this.aroundRegularizers(regularizers).filter(term => this.made.has(term));
  }

  dispose(): void {
    this.forward?.dispose();
    for (const taped of this.taped.values()) taped.dispose();
    this.taped.clear();
    this.restoreGradients();
  }

  /** The penalty on one weight's block, once a step: tfjs-layers asks for it in each place where the layer is used. */
  private weightPenalty(configured: ConfiguredPenalty, weight: Variable): Scalar | null {
    const {model, number, traces} = this.args;
    const {penalty} = configured;
    const done = this.done.get(configured) ?? new Set();
    if (done.has(weight)) return null;
    this.done.set(configured, done.add(weight));
    this.positions ??= new Map(variablesOf(weightedLayers(model)).map((variable, i) => [variable, i]));
    const position = this.positions.get(weight);
    if (position === undefined) return null;
    const key = `weight ${position}` as const;
    const block = {name: key, key, variables: [weight]};
    const {total} = traces.compute(this.lossFor(penalty), penalty, number, [block]);
    if (total === null) return null;
    const value = tf.mul(
      total,
      freshInStep(() => tf.scalar(factorAt(penalty, number()))),
    ) as Scalar;
    this.made.add(value);
    return value;
  }

  /** The penalties that tfjs-layers does not ask for, in the configuration of cells and the like; no other regularizers. */
  private leftOut(): Scalar[] {
    return this.args.leftOut.map(loss => loss()).filter(value => this.made.has(value));
  }

  private get rows(): number {
    return this.args.batch.inputs[0]!.shape[0]!;
  }

  private rowsFor({subBatch}: TracePenalty): number {
    return Math.min(subBatch ?? this.rows, this.rows);
  }

  private lossFor(penalty: TracePenalty): TapedLoss {
    const {model, batch, number} = this.args;
    const rows = this.rowsFor(penalty);
    let taped = this.taped.get(rows);
    if (taped === undefined) {
      const seed = () => deriveSeed(penalty.seed, number(), 'first rows');
      taped = lossOnFirstRows(model, batch, {rows, seed, withOutputs: this.withOutputs});
      this.taped.set(rows, taped);
    }
    return taped;
  }
}
