import type {Tensor1D} from '@tensorflow/tfjs-core';
import * as tf from '@tensorflow/tfjs-core';
import type {LayersModel} from '@tensorflow/tfjs-layers';
import {deviceVerdict, judged} from '../../autodiff/webgpu/device-errors.js';
import type {Batch} from '../../model/batch.js';
import {disposeBatch, firstRows} from '../../model/batch-tensors.js';
import {layerPositions} from '../../model/layers/layer-positions.js';
import {variablesOf, type WeightedLayer} from '../../model/layers/weighted-layers.js';
import type {WeightSnapshot} from '../../model/weight-snapshot.js';
import {hessian} from '../../operators/hessian.js';
import {gradientOfForm} from '../../operators/quadratic-form.js';
import {withOwned} from '../../owned.js';
import type {HessianTraceRegularizer} from '../hessian-trace-regularizer.js';
import {joinedProbe} from '../probe.js';

/** A penalized model at one moment. */
export interface PenalizedModel {
  readonly model: LayersModel;
  readonly snapshot: WeightSnapshot;
  readonly regularizer: HessianTraceRegularizer;
  readonly selected: readonly WeightedLayer[];
}

/** ‖∇L‖ on a batch. */
export async function lossGradientLength(
  {model, snapshot}: Pick<PenalizedModel, 'model' | 'snapshot'>,
  batch: Batch,
  seed: number,
): Promise<number> {
  return withOwned(async owned => {
    const H = owned.use(await snapshot.during(() => hessian(model, batch, {seed})));
    return lengthOf(owned.use(H.gradient()));
  });
}

/** The length of the gradient of the penalty of each of some steps on a batch, at strength 1. */
export async function penaltyGradientLengths(
  penalized: PenalizedModel,
  batch: Batch,
  {
    steps,
    seed,
    onStep,
  }: {readonly steps: readonly number[]; readonly seed: number; readonly onStep: () => Promise<void>},
): Promise<number[]> {
  const {subBatch} = penalized.regularizer;
  const used = subBatch === null ? batch : firstRows(batch, subBatch);
  try {
    const lengths: number[] = [];
    for (const step of steps) {
      lengths.push(await lengthOfStep(penalized, used, step, seed));
      await onStep();
    }
    return lengths;
  } finally {
    if (subBatch !== null) disposeBatch(used);
  }
}

async function lengthOfStep(
  {model, snapshot, regularizer, selected}: PenalizedModel,
  batch: Batch,
  step: number,
  seed: number,
): Promise<number> {
  const {probes, probe} = regularizer;
  const positions = layerPositions(model);
  const directionOf = (layer: WeightedLayer, index: number) => {
    const variables = variablesOf([layer]);
    const block = `layer ${positions.get(variables[0]!)!}` as const;
    const sizes = variables.map(({size}) => size);
    return tf.tensor1d(joinedProbe(regularizer, {step, block, index}, sizes));
  };
  const together = probe === 'joint' ? [selected] : selected.map(layer => [layer]);
  return withOwned(async owned => {
    const verdict = deviceVerdict();
    const forms: Tensor1D[] = [];
    snapshot.during(() => {
      for (const layers of together) {
        for (let index = 0; index < probes; index++) {
          const v = owned.use(tf.tidy(() => tf.concat1d(layers.map(layer => directionOf(layer, index)))));
          forms.push(owned.use(judged(() => gradientOfForm(model, batch, variablesOf(layers), v, seed))));
        }
      }
    });
    const length = await lengthOf(owned.use(tf.tidy(() => tf.div<Tensor1D>(tf.addN(forms), probes))));
    await verdict?.();
    return length;
  });
}

/** ‖v‖₂. */
async function lengthOf(v: Tensor1D): Promise<number> {
  const norm = tf.tidy(() => tf.norm(v));
  const [length] = await norm.data();
  norm.dispose();
  return length!;
}
