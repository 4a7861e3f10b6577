import type {Tensor, Tensor1D, Variable} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {optional} from 'valibot';
import {finiteNumber, wholeNumber} from '../arguments/kinds.js';
import {optionsOf} from '../arguments/options.js';
import {realTensor} from '../arguments/tensors.js';
import {pushJets} from '../autodiff/forward-mode/jets.js';
import {deviceVerdict, judged} from '../autodiff/webgpu/device-errors.js';
import {InvalidArgumentError} from '../errors.js';
import {type LongWorkArgs, longWork, longWorkEntries} from '../long-work.js';
import type {Batch} from '../model/batch.js';
import {checkBatch} from '../model/batch.js';
import {unflatten} from '../model/flattening.js';
import type {LayerSelection} from '../model/layers/layer-selection.js';
import {layerSelection} from '../model/layers/layer-selection.js';
import type {WeightedLayer} from '../model/layers/weighted-layers.js';
import {selectTrained, variablesOf} from '../model/layers/weighted-layers.js';
import {requireModel} from '../model/model-argument.js';
import {sampleLosses, withRecordedLoss} from '../model/recorded-loss.js';
import {WeightSnapshot} from '../model/weight-snapshot.js';
import {withOwned} from '../owned.js';
import {deriveSeed, probeVector} from '../random.js';
import {labelCheck} from './checks/label-check.js';

/** Options of `sampleCurvature`. */
export interface SampleCurvatureArgs extends LongWorkArgs {
  /** The layers whose weights it is taken in; default `'all'`. */
  readonly layers?: LayerSelection<WeightedLayer>;
  /**
   * v: with it, the scores are exactly vᵀHᵢv, v a vector of the chosen layers' weights in their order. By default the scores
   * are traces, estimated with probes.
   */
  readonly direction?: Tensor1D;
  /** How many probes estimate each sample's trace; default 8. */
  readonly probes?: number;
  /** Seeds the probes; default 0. */
  readonly seed?: number;
}

const sampleCurvatureArgs = optionsOf<SampleCurvatureArgs>('sampleCurvature()')({
  layers: optional(layerSelection<WeightedLayer>(), 'all'),
  direction: optional(realTensor<Tensor1D>()),
  probes: optional(wholeNumber(), 8),
  seed: optional(finiteNumber(), 0),
  ...longWorkEntries,
});

/**
 * How sharp the loss is on each sample: an estimate of tr(Hᵢ), Hᵢ the Hessian of the i-th sample's own loss.
 *
 * It is the mean of vᵀHᵢv over probes (Hutchinson 1989), for all samples at once: a probe costs about three forward passes. A
 * sample's loss includes its sample weight. This is the curvature in the weights, which does not tell wrong labels; Garg & Roy
 * (2023) use the curvature in the input.
 *
 * @returns `[batchSize]`; the caller owns it.
 * @throws InvalidArgumentError for probes that are not a whole number of at least 1, for losses that are not taken sample by
 *     sample, and as `hessian` does.
 */
export async function sampleCurvature(model: LayersModel, batch: Batch, args?: SampleCurvatureArgs): Promise<Tensor1D> {
  requireModel(model);
  checkBatch(batch);
  const {layers, direction, probes, seed, ...long} = sampleCurvatureArgs(args);
  const chosen = selectTrained(model, layers);
  const variables = variablesOf(chosen);
  const length = variables.reduce((sum, variable) => sum + variable.size, 0);
  if (direction !== undefined && direction.size !== length) {
    throw new InvalidArgumentError(
      `direction has ${direction.size} entries; a vector of the chosen layers has ${length}.`,
    );
  }
  const shapes = variables.map(variable => variable.shape);
  const directions =
    direction === undefined
      ? Array.from({length: probes}, (_, probe) => () => randomDirection(shapes, deriveSeed(seed, 'sample', probe)))
      : [() => unflatten(direction, shapes)];
  return longWork(long, directions.length, work =>
    withOwned(async owned => {
      const verdict = deviceVerdict();
      // The weights may change while other code has its turn.
      const weights = owned.use(new WeightSnapshot(model));
      const forms = owned.use(new Forms());
      // Without a pause before the first one: it reads the batch as it is at the call.
      while (forms.directions < directions.length) {
        if (forms.directions > 0) await work.pause();
        const left = directions.slice(forms.directions);
        const taken = weights.during(() => judged(() => forms.add(model, batch, variables, left, seed)));
        work.count(taken);
      }
      const scores = owned.use(forms.mean());
      await verdict?.();
      await labelCheck(model, batch).confirm();
      return owned.handOver(scores);
    }),
  );
}

/** Between two turns of other code, for so many milliseconds. */
const STINT = 100;

/** vᵀHᵢv for each sample and each direction v. */
class Forms {
  /** The directions that have been taken. */
  directions = 0;
  private readonly forms: Tensor1D[] = [];
  private batchSize = 0;

  /**
   * Records the loss, and takes directions until it is another's turn, at least one.
   *
   * @returns how many.
   */
  add(
    model: LayersModel,
    batch: Batch,
    variables: readonly Variable[],
    left: readonly (() => Tensor[])[],
    seed: number,
  ): number {
    const began = performance.now();
    return withRecordedLoss(model, batch, {seed}, recorded => {
      const losses = sampleLosses(model, recorded);
      const {recording} = recorded.recorded;
      this.batchSize = recorded.batchSize;
      let taken = 0;
      do {
        const make = left[taken]!;
        tf.tidy(() => {
          const parts = make();
          const tangents = new Map(variables.map((variable, i) => [recording.valueOf(variable), parts[i]!] as const));
          const {second} = pushJets(recording, tangents, losses);
          if (second !== null) this.forms.push(tf.keep(tf.mean(tf.reshape(second, [this.batchSize, -1]), 1)));
        });
        taken++;
      } while (taken < left.length && performance.now() - began < STINT);
      this.directions += taken;
      return taken;
    });
  }

  /** `[batchSize]`; the caller owns it. */
  mean(): Tensor1D {
    const {forms, batchSize} = this;
    return tf.tidy(() => {
      const sum = forms.length === 0 ? tf.zeros<tf.Rank.R1>([batchSize]) : tf.addN(forms);
      return tf.keep(tf.div<Tensor1D>(sum, Math.max(1, forms.length)));
    });
  }

  dispose(): void {
    tf.dispose(this.forms);
  }
}

function randomDirection(shapes: readonly number[][], seed: number): Tensor[] {
  return shapes.map((shape, i) => tf.tensor(probeVector(seed, i, tf.util.sizeFromShape(shape), 'rademacher'), shape));
}
